import { join } from "node:path";
import type { ClusterClient } from "../../agent/cluster/client.ts";
import { isKindUnknown } from "../../agent/cluster/errors.ts";
import { isJsonObject, jsonEqual } from "../../agent/model/json.ts";
import { type KubeObject, versionedRefOf } from "../../agent/model/object.ts";
import {
  recordObjects,
  recordSecret,
  recordSecretName,
  tokenName,
} from "../output/record-objects.ts";
import { toYaml } from "../output/yaml.ts";
import { recordsPlace } from "./chosen-records.ts";
import { confirm } from "./confirm.ts";
import type { CommandContext, RecordsCluster } from "./context.ts";
import { usage } from "./globals.ts";
import { placeText, type RecordsPlace } from "./records-place.ts";
import { CliError } from "./result.ts";

const pollMs = 500;
const patienceMs = 30_000;

/** What became of it, for people and programs. */
export interface MadeRecord {
  readonly decision: "yes" | "no" | "preview";
  readonly place: string;
  /** `Role record-prod-eu-1`, …: what was not there before, or not so. */
  readonly made: readonly string[];
  /** File with the Secret for the agent; absent when nothing was written. */
  readonly secretFile?: string;
}

/** `clusters add NAME --records`: the object of one cluster in the records cluster, and an account for its agent alone. */
export async function makeRecord(context: CommandContext, cluster: string): Promise<MadeRecord> {
  const place = await kubernetesPlace(context);
  const access = await context.ports.recordsCluster(place, context.options.kubeconfig);
  try {
    return await makeIn(context, { access, place, cluster });
  } finally {
    await access.client.close();
  }
}

interface Making {
  readonly access: RecordsCluster;
  readonly place: KubernetesPlace;
  readonly cluster: string;
}

type KubernetesPlace = Extract<RecordsPlace, { carrier: "kubernetes" }>;

async function makeIn(
  context: CommandContext,
  { access, place, cluster }: Making,
): Promise<MadeRecord> {
  const { client } = access;
  const { namespace } = place;
  const objects = recordObjects({ cluster, namespace });
  const wanted = await missing(client, objects, context.signal);
  const made = wanted.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const what = made.length === 0 ? "everything is there already" : made.join("\n  ");
  const secretFile = join(context.home, ".config", "holdfast", "records", `${cluster}.yaml`);
  const decision = await confirm(context, {
    preview: `Record of ${cluster}: ${placeText(place)}\n  ${what}\n  ${secretFile} (token of its agent)\n\n`,
    question: `Make ${made.length === 0 ? "the file" : "these"}?`,
    unattended: "add --yes, or see what would be made: --dry-run",
  });
  const told = { decision, place: placeText(place), made };
  if (decision !== "yes") return told;
  for (const object of wanted) await put(context, client, object);
  const token = await tokenOf(context, client, { cluster, namespace });
  const { server, ca = token.ca } = access;
  const secret = recordSecret(
    { cluster, namespace, server, ca, token: token.token },
    context.options.namespace,
  );
  await context.ports.writeText(secretFile, toYaml(secret), 0o600);
  return { ...told, secretFile };
}

async function kubernetesPlace(context: CommandContext): Promise<KubernetesPlace> {
  const place = await recordsPlace(context);
  if (place?.carrier === "kubernetes") return place;
  throw usage(
    "carrier git needs nothing made: each agent pushes a ref of its own",
    "for a records cluster: --records CONTEXT/NAMESPACE",
  );
}

/** What is not there yet, or is there with other rights. */
async function missing(
  client: ClusterClient,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const found = await Promise.all(objects.map((object) => present(client, object, signal)));
  return objects.filter((object, index) => {
    const there = found[index];
    return there === undefined || !jsonEqual(there.rules, object.rules);
  });
}

async function present(
  client: ClusterClient,
  object: KubeObject,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  try {
    return await client.get(versionedRefOf(object), signal);
  } catch (error) {
    if (isKindUnknown(error)) return undefined; // of our own kind, before its definition is there
    throw error;
  }
}

async function put(
  { ports: { clock }, signal }: CommandContext,
  client: ClusterClient,
  object: KubeObject,
): Promise<void> {
  const there = await present(client, object, signal);
  if (there !== undefined) {
    await client.replace({ ...there, ...object, metadata: there.metadata }, undefined, signal);
    return;
  }
  // A kind is served a moment after its definition.
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    try {
      await client.create(object, signal);
      return;
    } catch (error) {
      if (!isKindUnknown(error) || waitedMs >= patienceMs) throw error;
      await clock.sleep(pollMs, signal);
    }
  }
}

/** Kubernetes fills the Secret in; nothing that we would have to keep secret is made here. */
async function tokenOf(
  { ports: { clock }, signal }: CommandContext,
  client: ClusterClient,
  { cluster, namespace }: { readonly cluster: string; readonly namespace: string },
): Promise<{ readonly token: string; readonly ca: string }> {
  const ref = { group: "", version: "v1", kind: "Secret", namespace, name: tokenName(cluster) };
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
    const data = (await client.get(ref, signal))?.data;
    const { token, "ca.crt": ca } = isJsonObject(data) ? data : {};
    if (typeof token === "string") return { token: decoded(token), ca: decoded(ca) };
    await clock.sleep(pollMs, signal);
  }
  throw new CliError({
    what: `the records cluster gives no token for ${cluster}`,
    where: `Secret ${namespace}/${ref.name}`,
    why: "its kube-controller-manager has not filled it in",
    next: "look at it, then run this again: what is there is kept",
  });
}

function decoded(value: unknown): string {
  return typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : "";
}

/** For people: what is there now, and what to do with it. */
export function madeText(
  cluster: string,
  { decision, place, made, secretFile }: MadeRecord,
): string {
  if (decision === "no") return "Declined. Nothing was made in the records cluster.\n";
  const list = made.length === 0 ? "nothing was missing" : made.join("\n        ");
  if (secretFile === undefined) return `Record  ${place}; not made:\n        ${list}\n`;
  return [
    `Record  ${place}; made:\n        ${list}`,
    `Secret  ${secretFile}: kubectl apply -f it in ${cluster}, then delete it; in the agent's values:`,
    `        statusRecords: { carrier: kubernetes, kubernetes: { kubeconfigSecret: ${recordSecretName} } }\n`,
  ].join("\n");
}
