import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import {
  at,
  conditionIs,
  degraded,
  healthy,
  numberAt,
  progressing,
  suspended,
  words,
} from "./read.ts";

/** Only Failed and Complete are final; FailureTarget and SuccessCriteriaMet come before pods have ended. */
export function assessJob(object: KubeObject): Health {
  const failed = conditionIs(object, "Failed", "True");
  if (failed !== undefined) return degraded(words(failed));
  if (conditionIs(object, "Complete", "True") !== undefined) return healthy();
  const isStopped =
    at(object, "spec", "suspend") === true ||
    conditionIs(object, "Suspended", "True") !== undefined;
  if (isStopped) return suspended("suspended");
  return progressing(`${numberAt(object, "status", "active") ?? 0} pods running`);
}
