import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import { healthy, numberAt, progressing, textAt } from "./read.ts";

/** With a partition only the pods from it upwards are meant to be new (semantics §5.2). */
export function assessStatefulSet(object: KubeObject): Health {
  const wanted = numberAt(object, "spec", "replicas") ?? 1;
  const count = (name: string) => numberAt(object, "status", name) ?? 0;
  if (count("replicas") !== wanted) {
    return progressing(`${count("replicas")} of ${wanted} replicas exist`);
  }
  if (count("readyReplicas") < wanted) {
    return progressing(`${count("readyReplicas")} of ${wanted} replicas ready`);
  }
  if (textAt(object, "spec", "updateStrategy", "type") === "OnDelete") return healthy();
  return outdated(object, wanted) ?? healthy();
}

function outdated(object: KubeObject, wanted: number): Health | undefined {
  const partition = numberAt(object, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
  const updated = numberAt(object, "status", "updatedReplicas") ?? 0;
  const due = wanted - partition;
  if (updated < due) return progressing(`${updated} of ${due} replicas updated`);
  const current = textAt(object, "status", "currentRevision");
  const isNew = current === textAt(object, "status", "updateRevision");
  return partition === 0 && !isNew ? progressing("the last replicas are being updated") : undefined;
}
