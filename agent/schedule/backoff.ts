import type { Retry } from "../model/reason.ts";

const second = 1000;
const minute = 60 * second;
const ladder = [30 * second, 2 * minute, 10 * minute, 30 * minute];

/**
 * Milliseconds until the next try after `failures` in a row (semantics §12): transient 1 s ×2 to 5 min, the permanent
 * ladder 30 s, 2, 10, 30 min, both ±20 %; undefined where only an event helps. `random` is 0 ≤ x < 1.
 */
export function retryDelayMs(retry: Retry, failures: number, random: number): number | undefined {
  const base = baseDelayMs(retry, Math.max(failures, 1));
  return base === undefined ? undefined : Math.round(base * (0.8 + 0.4 * random));
}

function baseDelayMs(retry: Retry, failures: number): number | undefined {
  switch (retry) {
    case "backoff":
      return Math.min(second * 2 ** (failures - 1), 5 * minute);
    case "slow":
      return ladder[Math.min(failures, ladder.length) - 1];
    case "input":
    case "wait":
    case "none":
      return undefined;
  }
}
