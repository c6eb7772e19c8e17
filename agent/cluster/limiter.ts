import type { Emit } from "../model/event.ts";
import type { Clock } from "../schedule/clock.ts";

/** How many requests one cluster gets at a time (C-16). The server sets the pace: no fixed rate (performance rule 5). */
export interface Limiter {
  /** Waits for a slot; gives back how to leave it. Rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<Slot>;
  /** Slots there are now. */
  width(): number;
}

export interface Slot {
  /** `throttled`: the server answered 429 or 503. */
  leave(how: "answered" | "throttled" | "unanswered"): void;
}

export interface LimiterOptions {
  readonly max: number;
  readonly clock: Clock;
  readonly emit?: Emit;
}

/** Waits shorter than this are not worth an event. */
const toldWaitMs = 50;

/** Halved on 429 and 503, one more after every window of good answers (semantics §12). */
export function createLimiter({ max, clock, emit }: LimiterOptions): Limiter {
  let width = max;
  let active = 0;
  let good = 0;
  let halvedAt = Number.NEGATIVE_INFINITY;
  const waiting = new Set<() => void>();

  function admit(): void {
    for (const start of waiting) {
      if (active >= width) return;
      waiting.delete(start);
      active += 1;
      start();
    }
  }
  /** One burst of refusals halves once: what entered before the last halving says nothing new. */
  function narrow(enteredAt: number): void {
    if (enteredAt < halvedAt) return;
    width = Math.max(1, Math.floor(width / 2));
    good = 0;
    halvedAt = clock.monotonic();
  }
  function widen(): void {
    good += 1;
    if (good < width) return;
    width = Math.min(max, width + 1);
    good = 0;
  }
  function slot(): Slot {
    const enteredAt = clock.monotonic();
    return {
      leave: (how) => {
        active -= 1;
        if (how === "throttled") narrow(enteredAt);
        if (how === "answered") widen();
        admit();
      },
    };
  }
  return {
    width: () => width,
    enter: async (signal) => {
      signal.throwIfAborted();
      if (active < width) {
        active += 1;
        return slot();
      }
      const since = clock.monotonic();
      await turn(waiting, signal);
      const waitMs = clock.monotonic() - since;
      if (waitMs >= toldWaitMs) emit?.({ type: "api-throttled", cause: "own_limit", waitMs });
      return slot();
    },
  };
}

function turn(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const start = () => {
      signal.removeEventListener("abort", give);
      resolve();
    };
    const give = () => {
      waiting.delete(start);
      reject(signal.reason);
    };
    waiting.add(start);
    signal.addEventListener("abort", give, { once: true });
  });
}
