import { type Health, type HealthStatus, healthStatuses } from "../model/health.ts";
import { degraded, healthy, progressing, type StatusCondition, suspended, words } from "./read.ts";
import { speaksOfFailure, speaksOfWork } from "./vocabulary.ts";

const failing: ReadonlySet<string> = new Set(["Stalled", "Failed", "Degraded", "Error"]);
const working: ReadonlySet<string> = new Set([
  "Reconciling",
  "Creating",
  "Updating",
  "Provisioning",
  "Issuing",
  "Waiting",
  "Pending",
]);
const telling: ReadonlySet<string> = new Set([
  "Ready",
  "Available",
  "Healthy",
  "Succeeded",
  "Complete",
  "Completed",
  "Reconciled",
  "Synced",
  "Accepted",
  "Programmed",
  "Deployed",
  "Active",
  "Installed",
]);

/** Semantics §5.1 (5), as far as conditions go: first match wins; undefined: they say nothing that we know. */
export function assessConditions(conditions: readonly StatusCondition[]): Health | undefined {
  return stopped(conditions) ?? failed(conditions) ?? underWay(conditions) ?? told(conditions);
}

function isTrue({ status }: StatusCondition): boolean {
  return status === "True";
}

function stopped(conditions: readonly StatusCondition[]): Health | undefined {
  const found = conditions.find(
    (condition) =>
      isTrue(condition) && (condition.type === "Paused" || condition.type === "Suspended"),
  );
  return found && suspended(words(found));
}

function failed(conditions: readonly StatusCondition[]): Health | undefined {
  const found = conditions.find((condition) => isTrue(condition) && isFailure(condition.type));
  return found && degraded(words(found));
}

function isFailure(type: string): boolean {
  return failing.has(type) || ["Failed", "Error", "Failure"].some((end) => type.endsWith(end));
}

function underWay(conditions: readonly StatusCondition[]): Health | undefined {
  const found = conditions.find((condition) => isTrue(condition) && working.has(condition.type));
  return found && progressing(words(found));
}

function told(conditions: readonly StatusCondition[]): Health | undefined {
  const verdicts = conditions.filter(({ type }) => telling.has(type)).map(assessCondition);
  return worst(verdicts);
}

/** One condition for which True is good: False needs a reason that speaks of work to be Progressing. */
export function assessCondition(condition: StatusCondition): Health {
  if (condition.status === "True") return healthy(condition.message);
  if (condition.status !== "False") return progressing(words(condition));
  const isWork = speaksOfWork(condition.reason) && !speaksOfFailure(condition.reason);
  return isWork ? progressing(words(condition)) : degraded(words(condition));
}

/** The worst of several verdicts, the first among equals; undefined for none. */
export function worst(verdicts: readonly Health[]): Health | undefined {
  const rank = (status: HealthStatus) => healthStatuses.indexOf(status);
  return verdicts.reduce<Health | undefined>(
    (found, next) => (found === undefined || rank(next.status) > rank(found.status) ? next : found),
    undefined,
  );
}
