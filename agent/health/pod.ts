import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import {
  conditionIs,
  conditionOf,
  degraded,
  healthy,
  listAt,
  progressing,
  textAt,
  words,
} from "./read.ts";

/** A pod that cannot be placed is Progressing: an autoscaler may bring a node (semantics §5.2). */
export function assessPod(object: KubeObject): Health {
  const phase = textAt(object, "status", "phase");
  if (phase === "Failed") return degraded(textAt(object, "status", "message") || "failed");
  if (phase === "Succeeded") return healthy();
  const broken = brokenContainer(object);
  if (broken !== undefined) return degraded(broken);
  if (conditionIs(object, "Ready", "True") !== undefined) return healthy();
  const unplaced = conditionIs(object, "PodScheduled", "False");
  if (unplaced !== undefined) return progressing(words(unplaced));
  const notReady = conditionOf(object, "Ready");
  return progressing(notReady === undefined ? "not started yet" : words(notReady));
}

function brokenContainer(object: KubeObject): string | undefined {
  const containers = ["initContainerStatuses", "containerStatuses"].flatMap((list) =>
    listAt(object, "status", list),
  );
  for (const container of containers) {
    const reason = textAt(container, "state", "waiting", "reason");
    if (!isBroken(reason)) continue;
    const message = textAt(container, "state", "waiting", "message");
    return [`container ${textAt(container, "name")}: ${reason}`, message]
      .filter((part) => part !== "")
      .join(": ");
  }
  return undefined;
}

function isBroken(reason: string): boolean {
  return (
    reason === "CrashLoopBackOff" ||
    reason === "InvalidImageName" ||
    reason.includes("ImagePull") ||
    (reason.startsWith("CreateContainer") && reason.endsWith("Error"))
  );
}
