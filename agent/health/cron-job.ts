import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import { at, degraded, healthy, listAt, textAt } from "./read.ts";

/** Degraded when the last run that was started has not succeeded and none runs now. */
export function assessCronJob(object: KubeObject): Health {
  if (at(object, "spec", "suspend") === true) return healthy("suspended");
  const scheduled = Date.parse(textAt(object, "status", "lastScheduleTime"));
  if (Number.isNaN(scheduled) || listAt(object, "status", "active").length > 0) return healthy();
  const succeeded = Date.parse(textAt(object, "status", "lastSuccessfulTime"));
  const hasFailed = Number.isNaN(succeeded) || succeeded < scheduled;
  return hasFailed ? degraded("the last run did not succeed") : healthy();
}
