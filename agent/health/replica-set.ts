import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import { conditionIs, degraded, healthy, numberAt, progressing, words } from "./read.ts";

/** ReplicaSet and ReplicationController. */
export function assessReplicaSet(object: KubeObject): Health {
  const refused = conditionIs(object, "ReplicaFailure", "True");
  if (refused !== undefined) return degraded(words(refused));
  const wanted = numberAt(object, "spec", "replicas") ?? 1;
  const available = numberAt(object, "status", "availableReplicas") ?? 0;
  return available < wanted
    ? progressing(`${available} of ${wanted} replicas available`)
    : healthy();
}
