import type { Clock } from "./clock.ts";

/** A timer of Node holds 24 days; who looks after one finds out how long it still takes. */
const longestMs = 24 * 3_600_000;

/** At most one pending call per key; a nearer wish replaces a later one. */
export interface Timers {
  /** Calls `due(key)` after that time, or after a day, unless it is due earlier already. */
  after(key: string, ms: number): void;
  cancel(key: string): void;
  stop(): void;
}

export function createTimers(clock: Clock, due: (key: string) => void): Timers {
  const pending = new Map<string, { readonly at: number; readonly abort: AbortController }>();

  function after(key: string, wantedMs: number): void {
    const ms = Math.min(wantedMs, longestMs);
    const at = clock.monotonic() + ms;
    const known = pending.get(key);
    if (known !== undefined && known.at <= at) return;
    known?.abort.abort();
    const abort = new AbortController();
    pending.set(key, { at, abort });
    clock.sleep(ms, abort.signal).then(
      () => {
        pending.delete(key);
        due(key);
      },
      () => {}, // aborted: somebody wanted it earlier, or not at all
    );
  }

  function cancel(key: string): void {
    pending.get(key)?.abort.abort();
    pending.delete(key);
  }

  function stop(): void {
    for (const { abort } of pending.values()) abort.abort();
    pending.clear();
  }

  return { after, cancel, stop };
}
