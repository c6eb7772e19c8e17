import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import { degraded, healthy, progressing, textAt } from "./read.ts";

/** Pending may be meant: WaitForFirstConsumer. Nobody waits for a claim. */
export function assessPersistentVolumeClaim(object: KubeObject): Health {
  const phase = textAt(object, "status", "phase");
  if (phase === "Lost") return degraded("its volume is lost");
  return phase === "Bound" ? healthy() : progressing("not bound yet");
}

/** A volume is broken only when its reclamation failed. */
export function assessPersistentVolume(object: KubeObject): Health {
  if (textAt(object, "status", "phase") !== "Failed") return healthy();
  return degraded(textAt(object, "status", "message") || "failed");
}
