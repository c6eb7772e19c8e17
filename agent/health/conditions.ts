import { type Health, type HealthStatus, healthStatuses } from "../model/health.ts";
import { degraded, healthy, progressing, type StatusCondition, suspended, words } from "./read.ts";
import { isPaused, speaksOfFailure, speaksOfWork } from "./vocabulary.ts";

const stopping: ReadonlySet<string> = new Set(["Paused", "Suspended", "Stopped"]);
const failing: ReadonlySet<string> = new Set([
  "Stalled",
  "Failed",
  "Degraded",
  "Error",
  "Invalid",
  "Unhealthy",
  "HasErrors",
  "ErrorOccurred",
]);
const failingEnds = ["Failed", "Error", "Failure"] as const;
const working: ReadonlySet<string> = new Set([
  "Reconciling",
  "Creating",
  "Updating",
  "Provisioning",
  "Issuing",
  "Waiting",
  "Pending",
  "Initializing",
  "Installing",
  "Upgrading",
  "Deleting",
  "Terminating",
  "RollingUpdate",
]);
/** These sum an object up: where one of them is, details such as `DatabaseReady` are left to the controller. */
const summing: ReadonlySet<string> = new Set([
  "Ready",
  "Available",
  "Healthy",
  "Succeeded",
  "Complete",
  "Completed",
]);
const telling: ReadonlySet<string> = new Set([
  ...summing,
  "Reconciled",
  "Synced",
  "Accepted",
  "Programmed",
  "Deployed",
  "Active",
  "Installed",
]);
/** For which True is bad, and a reason may still say that it is only on its way. */
const inverted: ReadonlySet<string> = new Set(["NotReady", "Unready", "NotAvailable"]);
const detailEnds = [
  "Ready",
  "Available",
  "Healthy",
  "Succeeded",
  "Success",
  "Completed",
  "Synced",
  "Synchronized",
  "Reconciled",
  "Accepted",
  "Admitted",
  "Programmed",
  "Deployed",
  "Installed",
  "Established",
  "Valid",
  "Applied",
  "Resolved",
  "ResolvedRefs",
  "Provisioned",
  "Initialized",
  "Registered",
  "Connected",
] as const;
/** News about other versions is no news about this object. */
const offers = ["UpdateAvailable", "UpgradeAvailable", "UpdatesAvailable"] as const;

type Conditions = readonly StatusCondition[];

/** Semantics §5.1 (5), as far as conditions go: first match wins; undefined: they say nothing that we know. */
export function assessConditions(conditions: Conditions): Health | undefined {
  return stopped(conditions) ?? failed(conditions) ?? underWay(conditions) ?? told(conditions);
}

function isTrue({ status }: StatusCondition): boolean {
  return status === "True";
}

function stopped(conditions: Conditions): Health | undefined {
  const found = conditions.find(
    (condition) =>
      (isTrue(condition) && stopping.has(condition.type)) ||
      (condition.status === "False" && telling.has(condition.type) && isPaused(condition.reason)),
  );
  return found && suspended(words(found));
}

function failed(conditions: Conditions): Health | undefined {
  const found = conditions.find((condition) => isTrue(condition) && isFailure(condition.type));
  return found && degraded(words(found));
}

function isFailure(type: string): boolean {
  return failing.has(type) || failingEnds.some((end) => type.endsWith(end) || type.startsWith(end));
}

/** `Reconciling` with a reason that speaks of a retry only says that what failed is tried again. */
function underWay(conditions: Conditions): Health | undefined {
  const found = conditions.find(
    (condition) => isTrue(condition) && isWork(condition.type) && !isRetry(condition),
  );
  return found && progressing(words(found));
}

function isWork(type: string): boolean {
  return working.has(type) || /^in-?progress$/i.test(type);
}

function isRetry({ type, status, reason }: StatusCondition): boolean {
  return type === "Reconciling" && status === "True" && reason.includes("Retry");
}

function told(conditions: Conditions): Health | undefined {
  const verdicts = conditions
    .filter(({ type }) => telling.has(type) || inverted.has(type))
    .map(assessCondition);
  const found = worst(hasSummary(conditions) ? verdicts : [...verdicts, ...details(conditions)]);
  if (found?.status !== "Progressing") return found;
  const hasFailed = verdicts.some(({ status }) => status !== "Healthy") && conditions.some(isRetry);
  return hasFailed ? degraded(found.message) : (failedDetail(conditions) ?? found);
}

/** While the whole is not there yet, a part that says it failed is the reason. */
function failedDetail(conditions: Conditions): Health | undefined {
  return details(conditions).find(({ status }) => status === "Degraded");
}

/** Whether a condition sums the object up. */
export function hasSummary(conditions: Conditions): boolean {
  return conditions.some(({ type }) => summing.has(type) || inverted.has(type));
}

/** One condition for which True is good: False needs a reason that speaks of work to be Progressing. */
export function assessCondition(condition: StatusCondition): Health {
  const { status, reason, message, severity, type } = condition;
  const good = inverted.has(type) ? "False" : "True";
  if (status === good) return healthy(condition.message);
  if (status !== "True" && status !== "False") return progressing(words(condition));
  if (severity === "Info") return progressing(words(condition));
  const why = reason === "" ? message : reason;
  const isWork = speaksOfWork(why) && !speaksOfFailure(why);
  return isWork ? progressing(words(condition)) : degraded(words(condition));
}

/** `DatabaseReady`, `SchemaApplied`: they count where nothing sums the object up, and only if their reason is clear. */
function details(conditions: Conditions): readonly Health[] {
  return conditions.filter(isDetail).flatMap((condition) => {
    const found = assessDetail(condition);
    return found === undefined ? [] : [found];
  });
}

function isDetail({ type }: StatusCondition): boolean {
  const isOffer = offers.some((end) => type.endsWith(end));
  return !isOffer && !telling.has(type) && detailEnds.some((end) => type.endsWith(end));
}

function assessDetail(condition: StatusCondition): Health | undefined {
  const { status, reason, type } = condition;
  if (status === "True") return healthy();
  if (status !== "False") return progressing(words(condition));
  if (speaksOfFailure(reason)) return degraded(words(condition));
  const isState = ["Ready", "Available", "Healthy"].some((end) => type.endsWith(end));
  return isState || speaksOfWork(reason) ? progressing(words(condition)) : undefined;
}

/** The worst of several verdicts, the first among equals; undefined for none. */
export function worst(verdicts: readonly Health[]): Health | undefined {
  const rank = (status: HealthStatus) => healthStatuses.indexOf(status);
  return verdicts.reduce<Health | undefined>(
    (found, next) => (found === undefined || rank(next.status) > rank(found.status) ? next : found),
    undefined,
  );
}
