import type { ClusterClient } from "../../agent/cluster/client.ts";
import { assessPod } from "../../agent/health/pod.ts";
import {
  describeRef,
  type KubeObject,
  type ObjectRef,
  refId,
  refOf,
} from "../../agent/model/object.ts";
import { lastEvent, type PodEvent } from "./last-event.ts";

/** The first pod that is broken below an object of an app. */
export interface BrokenPod {
  /** From the declared object down to the pod: `Deployment web/web`. */
  readonly chain: readonly string[];
  /** What it waits for, in the words of the kubelet. */
  readonly waits: string;
  readonly event: PodEvent | undefined;
}

/** An app has few namespaces; more than these are not looked at. */
const namespacesLooked = 5;
const deepest = 4;

/** Down the owner references: looks at the pods, and follows each broken one up to what the app declares. */
export async function brokenPod(
  client: ClusterClient,
  declared: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<BrokenPod | undefined> {
  const ids = new Set(declared.map(refId));
  const names = new Set(declared.map(({ namespace }) => namespace).filter((name) => name !== ""));
  const owners = new Map<string, Promise<KubeObject | undefined>>();
  for (const namespace of [...names].sort().slice(0, namespacesLooked)) {
    for (const { pod, waits } of await brokenIn(client, namespace, signal)) {
      const chain = await chainOf(pod, { client, owners, signal });
      const top = chain.findIndex((one) => ids.has(refId(refOf(one))));
      if (top < 0) continue;
      const event = await lastEvent(client, pod, signal);
      const names = chain.slice(0, top + 1).reverse();
      return { chain: names.map((one) => describeRef(refOf(one))), waits, event };
    }
  }
  return undefined;
}

interface Waiting {
  readonly pod: KubeObject;
  readonly waits: string;
  readonly isDegraded: boolean;
}

/** Those that are broken for good first, then those that only wait. */
async function brokenIn(
  client: ClusterClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Waiting[]> {
  const found: Waiting[] = [];
  for await (const { items } of client.list({ group: "", kind: "Pod", namespace }, signal)) {
    for (const pod of items) {
      const { status, message } = assessPod(pod);
      if (status === "Healthy") continue;
      found.push({ pod, waits: message, isDegraded: status === "Degraded" });
    }
  }
  return found.sort((a, b) => rank(a) - rank(b) || (nameOf(a) < nameOf(b) ? -1 : 1));
}

function rank({ isDegraded }: Waiting): number {
  return isDegraded ? 0 : 1;
}

function nameOf({ pod }: Waiting): string {
  return pod.metadata.name;
}

interface Climb {
  readonly client: ClusterClient;
  readonly owners: Map<string, Promise<KubeObject | undefined>>;
  readonly signal: AbortSignal;
}

/** The pod, its controller, the controller of that one … */
async function chainOf(
  pod: KubeObject,
  { client, owners, signal }: Climb,
): Promise<readonly KubeObject[]> {
  const chain = [pod];
  for (let at: KubeObject | undefined = pod; chain.length <= deepest; ) {
    const owner = controllerOf(at);
    if (owner === undefined) break;
    const key = refId(owner);
    const asked = owners.get(key) ?? client.get(owner, signal).catch(() => undefined);
    owners.set(key, asked);
    at = await asked;
    if (at === undefined) break;
    chain.push(at);
  }
  return chain;
}

function controllerOf(object: KubeObject) {
  const found = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (found === undefined) return undefined;
  const { apiVersion, kind, name } = found;
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  return { group, version, kind, namespace: object.metadata.namespace ?? "", name };
}
