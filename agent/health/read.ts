import type { Health, HealthStatus } from "../model/health.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";

/** A kind's published rules. Undefined: it has no opinion, the general rules decide. */
export type KindRule = (object: KubeObject) => Health | undefined;

/** One entry of `status.conditions`; absent fields are empty. */
export interface StatusCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** `Error`, `Warning` or `Info`, as Cluster API and Azure grade a False. */
  readonly severity: string;
}

/** The value below a path of keys; undefined where any step is missing. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (isJsonObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
    value,
  );
}

/** The text at a path; empty where there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The number at a path; undefined where there is none. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  if (typeof found === "bigint") return Number(found);
  return typeof found === "number" ? found : undefined;
}

/** The list at a path; empty where there is none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The conditions of the object's status, without those that speak of an older generation. */
export function conditionsOf(object: KubeObject): readonly StatusCondition[] {
  const direct = listAt(object, "status", "conditions");
  const list =
    direct.length > 0 ? direct : listAt(object, "status", "conditionedStatus", "conditions");
  return currentConditions(list, object.metadata.generation);
}

/** The same for conditions that stand elsewhere, e.g. one list per parent of a Route. */
export function currentConditions(
  list: readonly unknown[],
  generation: number | undefined,
): readonly StatusCondition[] {
  return list.filter(isJsonObject).filter(isCurrent(generation)).map(toCondition);
}

function isCurrent(generation: number | undefined) {
  return (condition: JsonObject): boolean => {
    const observed = numberAt(condition, "observedGeneration");
    return observed === undefined || generation === undefined || observed >= generation;
  };
}

function toCondition(condition: JsonObject): StatusCondition {
  return {
    type: textAt(condition, "type"),
    status: statusText(condition),
    reason: textAt(condition, "reason"),
    message: textAt(condition, "message"),
    severity: textAt(condition, "severity"),
  };
}

/** Some controllers write a boolean. */
function statusText(condition: JsonObject): string {
  const status = at(condition, "status");
  if (typeof status === "boolean") return status ? "True" : "False";
  return textAt(condition, "status");
}

/** The condition of that type, in the order of the list. */
export function conditionOf(object: KubeObject, type: string): StatusCondition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type);
}

/** The condition of that type if it has that status. */
export function conditionIs(
  object: KubeObject,
  type: string,
  status: "True" | "False" | "Unknown",
): StatusCondition | undefined {
  const found = conditionOf(object, type);
  return found?.status === status ? found : undefined;
}

/** What a condition says, for people: its message, else its reason, else its type. */
export function words({ type, reason, message }: StatusCondition): string {
  if (message !== "") return message;
  return reason === "" ? type : reason;
}

function verdict(status: HealthStatus) {
  return (message = ""): Health => ({ status, message });
}

export const healthy = verdict("Healthy");
export const suspended = verdict("Suspended");
export const progressing = verdict("Progressing");
export const missing = verdict("Missing");
export const degraded = verdict("Degraded");
export const unknown = verdict("Unknown");
