/**
 * How controllers speak: stems of the words in condition reasons and phases. A reason such as `ProvisioningFailed` is
 * split at its capitals; a word belongs to a class when it begins with one of its stems.
 */
const failureStems = [
  "fail",
  "rollback",
  "err",
  "invalid",
  "denied",
  "deny",
  "timeout",
  "timedout",
  "exceed",
  "limit",
  "cancel",
  "outage",
  "malform",
  "disconnect",
  "unreach",
  "inaccess",
  "forbidden",
  "unauthor",
  "reject",
  "refus",
  "abort",
  "crash",
  "backoff",
  "stall",
  "unable",
  "cannot",
  "conflict",
  "mismatch",
  "unsupported",
  "degrad",
  "broken",
  "lost",
  "unhealthy",
  "problem",
  "fatal",
  "critical",
  "panic",
  "exhaust",
  "corrupt",
  "misconfig",
  "expired",
  "unsuccess",
  "halt",
  "dead",
  "incompatible",
  "unresolved",
  "noncompliant",
  "red",
] as const;

const workStems = [
  "progress",
  "pending",
  "creat",
  "provision",
  "wait",
  "install",
  "updat",
  "start",
  "init",
  "deploy",
  "reconcil",
  "roll",
  "scal",
  "upgrad",
  "download",
  "import",
  "schedul",
  "bootstrap",
  "prepar",
  "process",
  "sync",
  "issu",
  "configur",
  "build",
  "restart",
  "restor",
  "recover",
  "delet",
  "terminat",
  "launch",
  "boot",
  "migrat",
  "bind",
  "attach",
  "queue",
  "unknown",
  "new",
  "running",
  "clon",
  "join",
  "setting",
  "setup",
  "modif",
  "chang",
  "fetch",
  "expand",
  "final",
  "apply",
  "scan",
  "generat",
  "register",
  "submit",
  "drain",
  "rotat",
  "backup",
  "connecting",
  "replac",
  "renew",
  "retry",
  "unavail",
  "unready",
  "resiz",
  "yellow",
  "promot",
  "transition",
  "analyz",
  "verify",
  "notready",
  "unscheduled",
] as const;

const goodWords: ReadonlySet<string> = new Set([
  "ready",
  "running",
  "active",
  "activated",
  "bound",
  "succeeded",
  "success",
  "successful",
  "successfully",
  "green",
  "healthy",
  "ok",
  "completed",
  "complete",
  "available",
  "deployed",
  "installed",
  "established",
  "synced",
  "online",
  "up",
  "valid",
  "validated",
  "accepted",
  "compliant",
  "finished",
  "done",
  "provisioned",
  "configured",
  "created",
  "reconciled",
  "stable",
  "normal",
  "operational",
  "enabled",
  "connected",
  "applied",
  "resolved",
  "passed",
  "issued",
  "attached",
  "inservice",
  "initialized",
  "bootstrapped",
  "joined",
  "enforced",
]);

const pausedWords: ReadonlySet<string> = new Set([
  "paused",
  "suspended",
  "stopped",
  "halted",
  "hibernated",
  "hibernating",
  "disabled",
]);

/** Splits at capitals, digits and everything that is no letter; lower case. */
export function wordsOf(text: string): readonly string[] {
  return text
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z]+/)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());
}

function hasStem(text: string, stems: readonly string[]): boolean {
  const words = wordsOf(text);
  return words.some((word) => stems.some((stem) => word.startsWith(stem)));
}

/** `StatefulSetNotReady`, `NotYetAvailable`: it is on its way, as far as anyone says. */
function speaksOfNotYet(text: string): boolean {
  const [not, ...rest] = wordsOf(text).slice(wordsOf(text).indexOf("not"));
  return not === "not" && rest.some((word) => goodWords.has(word));
}

/** `ProvisioningFailed`, `InvalidSpec`. */
export function speaksOfFailure(text: string): boolean {
  return hasStem(text, failureStems);
}

/** `Provisioning`, `WaitingForPods`; a text can speak of work and of failure. */
export function speaksOfWork(text: string): boolean {
  return hasStem(text, workStems) || speaksOfNotYet(text);
}

/** A word that means: as it should be, nothing more to come. */
export function isGood(text: string): boolean {
  return goodWords.has(wordsOf(text).join(""));
}

/** Stopped by a person, by its last word: `Paused`, `ReconcilePaused`. */
export function isPaused(text: string): boolean {
  return pausedWords.has(wordsOf(text).at(-1) ?? "");
}
