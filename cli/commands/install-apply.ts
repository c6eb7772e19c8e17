import type { ClusterClient } from "../../agent/cluster/client.ts";
import { ApiError, isKindUnknown } from "../../agent/cluster/errors.ts";
import { isJsonObject, jsonEqual } from "../../agent/model/json.ts";
import { documentApiVersion } from "../../agent/model/names.ts";
import {
  describeRef,
  type KubeObject,
  refOf,
  versionedRefOf,
  versionOf,
} from "../../agent/model/object.ts";
import type { Report } from "../output/error.ts";
import type { Step, StepAction } from "../output/install-text.ts";
import type { CommandContext } from "./context.ts";
import { reportOf } from "./failure.ts";
import { CliError } from "./result.ts";

/** One object of the installation, and what applying it does now. */
export interface InstallStep extends Step {
  readonly object: KubeObject;
}

/** What applying would do, object by object; nothing is written. */
export async function planInstallation(
  client: ClusterClient,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<readonly InstallStep[]> {
  const steps: InstallStep[] = [];
  for (const object of objects) {
    const action = await actionFor(client, object, signal);
    steps.push({ object, ref: refOf(object), action });
  }
  return steps;
}

async function actionFor(
  client: ClusterClient,
  object: KubeObject,
  signal: AbortSignal,
): Promise<StepAction> {
  const live = await read(client, object, signal);
  if (live === undefined) return "create";
  if (isLeftAlone(object)) return "unchanged";
  const { object: after } = await client.dryRun(object, versionOf(live), signal);
  return jsonEqual(substance(live), substance(after)) ? "unchanged" : "update";
}

/** A namespace that is there keeps its labels: it may be somebody else's. */
function isLeftAlone({ kind }: KubeObject): boolean {
  return kind === "Namespace";
}

async function read(
  client: ClusterClient,
  object: KubeObject,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  try {
    return await client.get(versionedRefOf(object), signal);
  } catch (error) {
    if (isKindUnknown(error)) return undefined;
    throw error;
  }
}

/** Without what every write moves. */
function substance({ metadata, ...rest }: KubeObject): unknown {
  const {
    managedFields: _fields,
    resourceVersion: _version,
    generation: _count,
    ...own
  } = metadata;
  return { metadata: own, ...rest };
}

/** Applies with the caller's rights, as field manager `holdfast`, one after the other. Throws CliError at the first refusal. */
export async function applyInstallation(
  context: CommandContext,
  client: ClusterClient,
  steps: readonly InstallStep[],
): Promise<void> {
  for (const { object, action } of steps) {
    if (action === "unchanged") continue;
    context.terminal.progress(`applying ${describeRef(refOf(object))}`);
    await applyOne(client, object, context.signal);
    if (object.kind === "CustomResourceDefinition") await untilServed(context, client);
  }
}

async function applyOne(
  client: ClusterClient,
  object: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  try {
    const live = await read(client, object, signal);
    if (live !== undefined && isLeftAlone(object)) return;
    await client.apply(object, live === undefined ? undefined : versionOf(live), signal);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new CliError(refused(object, error));
  }
}

function refused(object: KubeObject, error: ApiError): Report {
  const next = "what was applied before it stays: run the same command again";
  return { ...reportOf(error), what: `${describeRef(refOf(object))} was refused`, next };
}

const pollMs = 250;

/** The agent would end at once where its kind is not served yet. */
async function untilServed(
  { ports, signal }: CommandContext,
  client: ClusterClient,
): Promise<void> {
  for (;;) {
    const { kinds } = await client.discover(signal);
    if (kinds.has(`${documentApiVersion}/App`)) return;
    await ports.clock.sleep(pollMs, signal);
  }
}

/** Secrets that the pod mounts and that are not there, each with the command that makes it; their values are never ours. */
export async function missingSecrets(
  client: ClusterClient,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<readonly Report[]> {
  const found: Report[] = [];
  for (const { metadata, spec } of objects.filter(({ kind }) => kind === "Deployment")) {
    const { namespace = "" } = metadata;
    for (const name of secretsOf(spec)) {
      const ref = { group: "", version: "v1", kind: "Secret", namespace, name };
      if ((await client.get(ref, signal)) === undefined) found.push(noSecret(namespace, name));
    }
  }
  return found;
}

function secretsOf(spec: unknown): readonly string[] {
  const volumes = at(spec, ["template", "spec", "volumes"]);
  const all: readonly unknown[] = Array.isArray(volumes) ? volumes : [];
  return all.flatMap((volume) => {
    const name = at(volume, ["secret", "secretName"]);
    return typeof name === "string" ? [name] : [];
  });
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (isJsonObject(inner) ? inner[key] : undefined),
    value,
  );
}

function noSecret(namespace: string, name: string): Report {
  return {
    what: `Secret ${namespace}/${name} is not there, and the agent's pod waits for it`,
    next: `kubectl -n ${namespace} create secret generic ${name} --from-literal=password=…`,
  };
}
