import type { Health } from "../model/health.ts";
import type { GroupKind, KubeObject } from "../model/object.ts";
import type { HealthRules } from "./cel.ts";

/** Health of one live object; undefined: it is absent. Sees one object and no clock (semantics §5.1). */
export function assessHealth(object: KubeObject | undefined, rules?: HealthRules): Health {
  if (object === undefined) return { status: "Missing", message: "" };
  return rules?.assess(object) ?? { status: "Healthy", message: "" };
}

/** False for configuration without a controller: a metadata watch is enough. */
export function hasHealthRule(kind: GroupKind): boolean {
  return kind.kind !== "ConfigMap";
}

/** Whether the object's health counts and is waited for: not for reconcile: disabled, nor where an annotation says to ignore it. */
export function isCounted(_object: KubeObject): boolean {
  return true;
}

/** Whether anybody waits for it to become healthy: not for a PVC, whose pod may come later, nor a CronJob. */
export function isAwaited(object: KubeObject): boolean {
  return isCounted(object);
}
