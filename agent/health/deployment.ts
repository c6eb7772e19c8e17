import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import {
  at,
  conditionIs,
  conditionOf,
  degraded,
  healthy,
  numberAt,
  progressing,
  suspended,
  words,
} from "./read.ts";

/** A rollout is over when every replica is new, available and ready (semantics §5.2). */
export function assessDeployment(object: KubeObject): Health {
  if (at(object, "spec", "paused") === true) return suspended("paused");
  return failure(object) ?? waiting(object) ?? healthy();
}

function failure(object: KubeObject): Health | undefined {
  const progress = conditionOf(object, "Progressing");
  if (progress?.reason === "ProgressDeadlineExceeded") return degraded(words(progress));
  const refused = conditionIs(object, "ReplicaFailure", "True");
  return refused && degraded(words(refused));
}

function waiting(object: KubeObject): Health | undefined {
  const wanted = numberAt(object, "spec", "replicas") ?? 1;
  const count = (name: string) => numberAt(object, "status", name) ?? 0;
  const updated = count("updatedReplicas");
  if (updated < wanted) return progressing(`${updated} of ${wanted} replicas updated`);
  const old = count("replicas") - updated;
  if (old > 0) return progressing(`${old} old replicas not gone yet`);
  const available = count("availableReplicas");
  if (available < updated) return progressing(`${available} of ${updated} replicas available`);
  const ready = count("readyReplicas");
  if (ready < wanted) return progressing(`${ready} of ${wanted} replicas ready`);
  const isAvailable = conditionIs(object, "Available", "True");
  return isAvailable === undefined ? progressing("not available yet") : undefined;
}
