import type { ChangeResult } from "../model/change.ts";
import { describeRef, type ObjectRef, refId } from "../model/object.ts";
import type { ObjectHealth } from "../status/input.ts";
import { isRefused } from "./change-failed.ts";

export interface FailureFacts {
  readonly results: readonly ChangeResult[];
  readonly health: readonly ObjectHealth[];
  readonly nowMs: number;
  /** `health.timeout` */
  readonly timeoutMs: number;
  /** All of this render was healthy here once: it may only fail within the time-out of its own writes. */
  readonly wasHealthy: boolean;
}

export interface FailedObject {
  /** `refId`. */
  readonly id: string;
  readonly why: string;
}

/** what was refused for good, and what is not healthy when its `health.timeout` is over. Waiting for nothing, it counts as neither. */
export function failedObjects(facts: FailureFacts): readonly FailedObject[] {
  const refused = facts.results.filter(isRefused).map(({ change: { ref }, problem }) => {
    return { id: refId(ref), why: about(ref, problem?.message ?? "refused") };
  });
  const unhealthy = facts.health.filter((entry) => hasTimedOut(entry, facts));
  return [
    ...refused,
    ...unhealthy.map(({ ref, health: { status, message } }) => {
      const said = message === "" ? status.toLowerCase() : message;
      return { id: refId(ref), why: about(ref, said) };
    }),
  ];
}

function about(ref: ObjectRef, said: string): string {
  const name = describeRef(ref);
  return said.startsWith(name) ? said : `${name}: ${said}`;
}

function hasTimedOut(entry: ObjectHealth, facts: FailureFacts): boolean {
  const end = failsAt(entry, facts.timeoutMs);
  if (end === undefined || facts.nowMs < end) return false;
  const { sinceMs, writtenMs } = entry;
  return !facts.wasHealthy || (writtenMs !== undefined && sinceMs < writtenMs + facts.timeoutMs);
}

/** When time alone makes a failure of it; undefined: never. */
export function failsAt(entry: ObjectHealth, timeoutMs: number): number | undefined {
  const { health, awaited, sinceMs, writtenMs } = entry;
  if (awaited === false) return undefined;
  switch (health.status) {
    case "Degraded":
      return (writtenMs ?? sinceMs) + timeoutMs;
    case "Progressing":
    case "Missing":
      return Math.max(sinceMs, writtenMs ?? 0) + timeoutMs; // H-1
    case "Healthy":
    case "Suspended":
    case "Unknown":
      return undefined;
  }
}
