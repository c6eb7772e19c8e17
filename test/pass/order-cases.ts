import { type KubeObject, refOf } from "../../agent/model/object.ts";
import type { Reconciled } from "../../agent/reconcile.ts";
import { type Bench, deployment, obj, within } from "./bench.ts";

export const dependsOn = "config.kubernetes.io/depends-on";

export function annotated(object: KubeObject, annotations: Record<string, string>): KubeObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } },
  };
}

export function inWave(wave: number, object: KubeObject): KubeObject {
  return annotated(object, { "holdfast.dev/wave": String(wave) });
}

/** A Job that is a hook. */
// biome-ignore lint/complexity/useMaxParams: an object in one line reads better in a case
export function hook(
  phase: string,
  name: string,
  more: Record<string, string> = {},
  namespace?: string,
): KubeObject {
  const container = { name: "main", image: "migrate:1" };
  const spec = { template: { spec: { restartPolicy: "Never", containers: [container] } } };
  const job = obj("Job", name, { spec }, namespace === undefined ? {} : { namespace });
  return annotated(job, { "holdfast.dev/hook": phase, ...more });
}

/** What a controller says. */
export async function say(bench: Bench, object: KubeObject, status: object): Promise<void> {
  const { group, kind, namespace, name } = refOf(object);
  const version = object.apiVersion.replace(/^.*\//, "");
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const path = `${root}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}/status`;
  const answer = await fetch(`${bench.server.url}${path}?fieldManager=controller`, {
    method: "PATCH",
    headers: {
      authorization: `Bearer ${bench.server.token}`,
      "user-agent": "hand",
      "content-type": "application/merge-patch+json",
    },
    body: JSON.stringify({ status }),
  });
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
}

const time = "2026-11-21T09:00:00Z";

export async function endJob(
  bench: Bench,
  { app, name, how }: { readonly app: string; readonly name: string; readonly how: string },
): Promise<void> {
  const conditions = [
    ...(how === "Complete"
      ? [{ type: "SuccessCriteriaMet", status: "True" }]
      : [{ type: "FailureTarget", status: "True" }]),
    { type: how, status: "True", reason: "Told", message: `it is ${how}` },
  ].map((condition) => ({ ...condition, lastTransitionTime: time, lastProbeTime: time }));
  const ended = how === "Complete" ? { completionTime: time, succeeded: 1 } : {};
  await say(bench, within(app, hook("pre", name)), { startTime: time, ...ended, conditions });
}

/** A pod of it runs. */
export async function startJob(bench: Bench, app: string, name: string): Promise<void> {
  await say(bench, within(app, hook("pre", name)), { startTime: time, active: 1, ready: 1 });
}

export async function makeReady(bench: Bench, app: string, name: string): Promise<void> {
  const live = await bench.get(within(app, deployment(name)));
  await say(bench, within(app, deployment(name)), {
    observedGeneration: live?.metadata.generation,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas: 1,
    availableReplicas: 1,
    conditions: [{ type: "Available", status: "True", lastTransitionTime: time }],
  });
}

/** Its rollout is stuck. */
export async function breakDown(bench: Bench, app: string, name: string): Promise<void> {
  const live = await bench.get(within(app, deployment(name)));
  const stuck = { reason: "ProgressDeadlineExceeded", message: "it is stuck" };
  await say(bench, within(app, deployment(name)), {
    observedGeneration: live?.metadata.generation,
    replicas: 1,
    conditions: [{ type: "Progressing", status: "False", ...stuck, lastTransitionTime: time }],
  });
}

/** Whys of all that waits, by object. */
export function waits({ pass }: Reconciled): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pass.results.flatMap(({ change }) =>
      change.action === "skip" && change.waits !== undefined
        ? [[`${change.ref.kind}/${change.ref.name}`, change.why]]
        : [],
    ),
  );
}

/** Reason and message of all that failed. */
export function failures({ pass }: Reconciled): readonly string[] {
  return pass.results.flatMap(({ problem }) =>
    problem === undefined ? [] : [`${problem.reason}: ${problem.message}`],
  );
}
