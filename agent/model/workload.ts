import { type GroupKind, kindId } from "./object.ts";

const workloads: ReadonlySet<string> = new Set([
  "Deployment.apps",
  "StatefulSet.apps",
  "DaemonSet.apps",
  "ReplicaSet.apps",
  "Job.batch",
]);

/** Kinds whose pods say more than they do themselves (semantics §5.2). */
export function isWorkload(kind: GroupKind): boolean {
  return workloads.has(kindId(kind));
}
