import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import { conditionsOf, degraded, healthy, progressing, words } from "./read.ts";

/** Too few pods is what a budget is there to say; other reasons mean that it cannot work. */
export function assessPodDisruptionBudget(object: KubeObject): Health {
  const conditions = conditionsOf(object);
  const broken = conditions.find(
    ({ status, reason }) => status === "False" && reason !== "InsufficientPods",
  );
  if (broken !== undefined) return degraded(words(broken));
  return conditions.length > 0 ? healthy() : progressing("not seen by its controller yet");
}
