import type { Health } from "../model/health.ts";
import type { ObjectRef } from "../model/object.ts";
import { noAddress, noStatus } from "./words.ts";

const degradedAfterMs = 30_000;
const silentAfterMs = 60_000;
const scalerGraceMs = 300_000;

/** An object's health and since when it has this status. */
export interface TrackedHealth {
  readonly ref: ObjectRef;
  readonly health: Health;
  readonly sinceMs: number;
  /** Of the object itself; an autoscaler needs time for its first metrics. */
  readonly createdMs?: number;
}

export interface Settled {
  readonly health: Health;
  /** When time alone changes the answer; absent when only an event can. */
  readonly dueMs?: number;
}

/** Carries `sinceMs` over while the status stays the same. */
export function track(previous: TrackedHealth | undefined, now: TrackedHealth): TrackedHealth {
  if (previous === undefined || previous.health.status !== now.health.status) return now;
  return { ...now, sinceMs: previous.sinceMs };
}

/** Semantics §5.4: Degraded counts once it has lasted; a controller that never says anything is taken for none. */
export function settle(tracked: TrackedHealth, nowMs: number): Settled {
  const { health } = tracked;
  if (health.status === "Degraded") return settleDegraded(tracked, nowMs);
  if (health.status !== "Progressing" || !isSilent(health)) return { health };
  const dueMs = tracked.sinceMs + silentAfterMs;
  if (nowMs < dueMs) return { health, dueMs };
  return { health: { status: "Healthy", message: health.message } };
}

function settleDegraded(tracked: TrackedHealth, nowMs: number): Settled {
  const { health, ref, sinceMs, createdMs } = tracked;
  const lasted = sinceMs + degradedAfterMs;
  const grace = ref.kind === "HorizontalPodAutoscaler" ? (createdMs ?? 0) + scalerGraceMs : 0;
  const dueMs = Math.max(lasted, grace);
  if (nowMs >= dueMs) return { health };
  return { health: { status: "Progressing", message: health.message }, dueMs };
}

function isSilent({ message }: Health): boolean {
  return message === noStatus || message === noAddress;
}
