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
/** Owners may own each other in a circle (C-13). */
const deepest = 4;

/** Down the owner references: looks at the pods, and follows each broken one up to what the app declares. */
export async function brokenPod(
  client: ClusterClient,
  declared: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<BrokenPod | undefined> {
  const declaredIds = new Set(declared.map(refId));
  const names = new Set(declared.map(({ namespace }) => namespace).filter((name) => name !== ""));
  const owners = new Map<string, Promise<KubeObject | undefined>>();
  for (const namespace of [...names].sort().slice(0, namespacesLooked)) {
    for (const { pod, waits } of await brokenIn(client, namespace, signal)) {
      const chain = await chainTo(declaredIds, pod, { client, owners, signal });
      if (chain === undefined) continue;
      const event = await lastEvent(client, pod, signal);
      return { chain: chain.map(describeRef), waits, event };
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

/** From what the app declares down to the pod; undefined: the pod is not its own. */
async function chainTo(
  declared: ReadonlySet<string>,
  pod: KubeObject,
  { client, owners, signal }: Climb,
): Promise<readonly ObjectRef[] | undefined> {
  const chain: ObjectRef[] = [refOf(pod)];
  for (let at: KubeObject | undefined = pod; at !== undefined && chain.length <= deepest; ) {
    const [top] = chain;
    if (top !== undefined && declared.has(refId(top))) return chain;
    const owner = controllerOf(at);
    if (owner === undefined) return undefined;
    chain.unshift(owner);
    if (declared.has(refId(owner))) return chain;
    const asked = owners.get(refId(owner)) ?? client.get(owner, signal).catch(() => undefined);
    owners.set(refId(owner), asked);
    at = await asked;
  }
  return undefined;
}

function controllerOf(object: KubeObject) {
  const found = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (found === undefined) return undefined;
  const { apiVersion, kind, name } = found;
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  return { group, version, kind, namespace: object.metadata.namespace ?? "", name };
}
