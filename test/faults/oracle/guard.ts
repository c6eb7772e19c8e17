import {
  describeRef,
  type KubeObject,
  type ObjectRef,
  refId,
} from "../../../agent/model/object.ts";

const workloads = new Set([
  "Deployment.apps",
  "StatefulSet.apps",
  "DaemonSet.apps",
  "CronJob.batch",
]);
const protectedKinds = new Set([
  "Namespace.",
  "CustomResourceDefinition.apiextensions.k8s.io",
  "PersistentVolumeClaim.",
  "PersistentVolume.",
  "StatefulSet.apps",
]);
const protectedGroups =
  /^(postgresql\.cnpg\.io|cluster\.x-k8s\.io|.*\.crossplane\.io|.*\.upbound\.io|ceph\.rook\.io|kafka\.strimzi\.io|kubevirt\.io|tikv\.org|pingcap\.com)$/;

interface PruneSet {
  /** What would go. */
  readonly refs: readonly ObjectRef[];
  readonly live: ReadonlyMap<string, KubeObject>;
  /** Everything the unit tracks before. */
  readonly tracked: readonly ObjectRef[];
  readonly declared: number;
}

/** Why this prune set must wait for a person (P-50), counted anew from outside; undefined: it may go. */
export function guardThatTrips({ refs, live, tracked, declared }: PruneSet): string | undefined {
  if (declared === 0) return "everything would go: the render is empty";
  const share = refs.length / tracked.length;
  if (refs.length > 10 && share > 0.2)
    return `${refs.length} of ${tracked.length} objects would go`;
  if (refs.length >= 3 && share > 0.5)
    return `${refs.length} of ${tracked.length} objects would go`;
  const going = new Set(refs.map(refId));
  const left = tracked.filter((ref) => isWorkload(ref) && !going.has(refId(ref)));
  if (left.length === 0 && refs.some(isWorkload)) return "the last workload would go";
  const kept = refs.find((ref) => isProtected(ref, live.get(refId(ref))));
  return kept === undefined ? undefined : `${describeRef(kept)} is of a protected kind`;
}

function isWorkload({ kind, group }: ObjectRef): boolean {
  return workloads.has(`${kind}.${group}`);
}

function isProtected({ kind, group }: ObjectRef, live: KubeObject | undefined): boolean {
  if (protectedKinds.has(`${kind}.${group}`) || protectedGroups.test(group)) return true;
  return kind === "Service" && JSON.stringify(live?.spec ?? {}).includes('"LoadBalancer"');
}
