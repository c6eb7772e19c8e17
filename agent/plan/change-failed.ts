import type { ChangeResult } from "../model/change.ts";
import { reasonInfo } from "../model/reason.ts";
import type { ObjectHealth } from "../status/input.ts";

interface Outcome {
  readonly results: readonly ChangeResult[];
  readonly health: readonly ObjectHealth[];
  readonly nowMs: number;
  /** `health.timeout` */
  readonly timeoutMs: number;
}

/** O-19: a hook failed, an object is refused for good, or what the change made did not become healthy. */
export function hasFailed({ results, health, nowMs, timeoutMs }: Outcome): boolean {
  if (results.some(isRefused)) return true;
  const own = health.filter(({ changed, awaited }) => changed !== false && awaited !== false);
  const bad = own.filter(
    ({ health: { status } }) => status !== "Healthy" && status !== "Suspended",
  );
  // H-1: the wait ends when all are healthy or settled Degraded, or at the time-out after the last write.
  // What we do not hear of has not failed (H-4).
  const isOver = ({ health: { status }, writtenMs, sinceMs }: ObjectHealth): boolean =>
    status === "Degraded" || (status !== "Unknown" && nowMs >= (writtenMs ?? sinceMs) + timeoutMs);
  return bad.length > 0 && bad.every(isOver);
}

/** Trying again is no use before something else changes. */
export function isRefused({ problem }: ChangeResult): boolean {
  if (problem === undefined) return false;
  const { retry } = reasonInfo(problem.reason);
  return retry === "input" || retry === "slow";
}
