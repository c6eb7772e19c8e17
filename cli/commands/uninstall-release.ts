import type { ClusterClient, Discovery } from "../../agent/cluster/client.ts";
import {
  installKeyName,
  keptLabel,
  keptRenderLabel,
  leaseName,
  stateName,
} from "../../agent/model/names.ts";
import { type KubeObject, versionedRefOf, versionOf } from "../../agent/model/object.ts";

/** `group/Kind` of what the chart makes, in the order in which it goes; the namespace and the kind App stay. */
const releaseKinds = [
  "monitoring.coreos.com/ServiceMonitor",
  "monitoring.coreos.com/PrometheusRule",
  "policy/PodDisruptionBudget",
  "flowcontrol.apiserver.k8s.io/FlowSchema",
  "networking.k8s.io/NetworkPolicy",
  "/Service",
  "/ConfigMap",
  "rbac.authorization.k8s.io/RoleBinding",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "rbac.authorization.k8s.io/Role",
  "rbac.authorization.k8s.io/ClusterRole",
  "/ServiceAccount",
] as const;

const agentKind = "apps/Deployment";
const partOf = "app.kubernetes.io/name=holdfast,app.kubernetes.io/part-of=holdfast";
/** By which helm remembers a release: without it, helm would think that it is there. */
const helmMemory = "owner=helm,name=holdfast";

export interface Release {
  /** The Deployment: it goes first, so that nobody works against what follows. */
  readonly agent: readonly KubeObject[];
  readonly rest: readonly KubeObject[];
}

interface Cluster {
  readonly client: ClusterClient;
  readonly discovery: Discovery;
  /** The agent's. */
  readonly namespace: string;
}

/** What the chart made and is still there: by label, whoever applied it. */
export async function findRelease(cluster: Cluster, signal: AbortSignal): Promise<Release> {
  const { namespace } = cluster;
  const inPlace = { ...cluster, labelSelector: partOf };
  const agent = await listKind({ ...inPlace, namespace }, agentKind, signal);
  const rest: KubeObject[] = [];
  for (const kind of releaseKinds) rest.push(...(await listKind(inPlace, kind, signal)));
  const memory = { ...cluster, labelSelector: helmMemory, namespace };
  return { agent, rest: [...rest, ...(await listKind(memory, "/Secret", signal))] };
}

/** What the agent keeps for itself besides inventories: Lease and state, and its key where no sealed copy needs it. */
export async function findOwn(
  { client, namespace }: Cluster,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const named = [
    { group: "coordination.k8s.io", version: "v1", kind: "Lease", namespace, name: leaseName },
    { group: "", version: "v1", kind: "ConfigMap", namespace, name: stateName },
  ];
  const key = { group: "", version: "v1", kind: "Secret", namespace, name: installKeyName };
  const copies = { group: "", kind: "Secret", namespace, labelSelector: keptLabel };
  let isNeeded = false;
  for await (const { items } of client.list(copies, signal)) isNeeded ||= items.length > 0;
  const refs = isNeeded ? named : [...named, key];
  const found = await Promise.all(refs.map((ref) => client.get(ref, signal)));
  const renders = { ...copies, labelSelector: keptRenderLabel }; // without an agent nobody goes back to them
  const kept: KubeObject[] = [];
  for await (const { items } of client.list(renders, signal)) kept.push(...items);
  return [...kept, ...found.flatMap((object) => object ?? [])];
}

interface Listing extends Pick<Cluster, "client" | "discovery"> {
  readonly labelSelector: string;
  readonly namespace?: string;
}

async function listKind(
  { client, discovery, labelSelector, namespace }: Listing,
  id: string,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  if (!discovery.versions.has(id)) return [];
  const [group = "", kind = ""] = id.split("/");
  const place = namespace === undefined ? {} : { namespace };
  const found: KubeObject[] = [];
  for await (const { items } of client.list({ group, kind, labelSelector, ...place }, signal)) {
    found.push(...items);
  }
  return found;
}

/** One after the other, with preconditions; one that went meanwhile is gone, too. */
export async function remove(
  client: ClusterClient,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  for (const object of objects) {
    const options = { propagation: "Background" } as const;
    await client.delete(versionedRefOf(object), versionOf(object), options, signal);
  }
}
