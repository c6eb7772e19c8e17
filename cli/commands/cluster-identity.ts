import { askClusters } from "./ask-clusters.ts";
import type { CommandContext } from "./context.ts";
import { checkNames, type FleetView, knownClusters } from "./fleet-view.ts";
import { type ClusterStatus, readStatus } from "./read-status.ts";
import { CliError } from "./result.ts";

/** What a cluster says of itself. */
export interface ClusterIdentity {
  /** Of its kube-system namespace: what it is known by. */
  readonly uid: string;
  /** As documents write it: `1.36`. */
  readonly kubernetes: string;
  /** As the server writes it: `v1.36.3`. */
  readonly version: string;
  readonly context: string;
}

/** Asks the cluster behind `--context`; undefined where none is named. Throws CliError when it does not answer. */
export async function identityOf(
  context: CommandContext,
  cluster: string,
): Promise<ClusterIdentity | undefined> {
  const { kubeContext, kubeconfig } = context.options;
  if (kubeContext === undefined) return undefined;
  const { names } = await context.ports.contexts(kubeconfig);
  checkNames("context", [kubeContext], names);
  const target = { cluster, context: kubeContext, environment: "", expected: undefined };
  const { answers, failures } = await askClusters(
    context,
    [target],
    async (connected, _target, signal) => ({
      uid: await connected.uid(signal),
      status: await readStatus(context, connected, signal),
    }),
  );
  const [answered] = answers;
  if (answered === undefined) throw new CliError(failures);
  const { uid, status } = answered.answer;
  const version = status.kubernetes;
  refuseOther(cluster, kubeContext, status);
  const [, kubernetes = ""] = /^v?(\d+\.\d+)/.exec(version) ?? [];
  return { uid, kubernetes, version, context: kubeContext };
}

/** An agent that runs there knows its name: a context is easily the wrong one. */
function refuseOther(cluster: string, context: string, { statuses }: ClusterStatus): void {
  const names = [...new Set(statuses.map((status) => status.cluster))];
  if (names.length === 0 || names.includes(cluster)) return;
  throw new CliError({
    what: `the cluster behind context ${context} is not ${cluster}`,
    why: `the agent there says that it is ${names.join(", ")}`,
    next: "name the right context: --context NAME",
  });
}

/** One cluster has one name: two would both deploy to it. */
export function refuseKnownUid(
  view: FleetView,
  name: string,
  identity: ClusterIdentity | undefined,
): void {
  const twin = knownClusters(view).find(
    (one) => one !== name && view.fleet.clusters.get(one)?.spec.uid === identity?.uid,
  );
  if (identity === undefined || twin === undefined) return;
  const { file, line } = view.fleet.clusters.get(twin) ?? { file: "", line: 0 };
  throw new CliError({
    what: `the cluster behind context ${identity.context} is in the fleet as ${twin}`,
    where: `${file}:${line}`,
    why: `both have the UID ${identity.uid}`,
    next: "name the context of the other cluster: --context NAME",
  });
}

/** What was found, above the effect. */
export function identityText({ context, uid, version }: ClusterIdentity): string {
  return `FOUND   Kubernetes ${version} behind context ${context}, UID ${uid}`;
}
