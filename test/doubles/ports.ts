import { createHash, createHmac, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Hasher } from "../../agent/model/digest.ts";
import type { Clock, Random } from "../../agent/schedule/clock.ts";

/** The machine's own clock, for tests that speak to real sockets. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(Math.max(0, ms), undefined, signal === undefined ? {} : { signal });
  },
};

export const realRandom: Random = { next: () => Math.random(), id: () => randomUUID() };

export const testHasher: Hasher = {
  sha256: (data) => createHash("sha256").update(data).digest("hex"),
  keyed: (data) => createHmac("sha256", "test-key").update(data).digest("hex"),
};

/** A clock that only moves when a test moves it. */
export interface ManualClock extends Clock {
  /** Moves time on, waking sleepers in order; lets what they started run first. */
  advance(ms: number): Promise<void>;
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

export function createManualClock(start = Date.UTC(2026, 10, 21)): ManualClock {
  let elapsed = 0;
  const sleepers = new Set<Sleeper>();
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setImmediate(done));
  };
  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper: Sleeper = {
          due: elapsed + ms,
          wake: () => {
            signal?.removeEventListener("abort", give);
            resolve();
          },
        };
        const give = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", give, { once: true });
      }),
    advance: async (ms) => {
      const end = elapsed + ms;
      await settle();
      for (;;) {
        const next = [...sleepers].sort((a, b) => a.due - b.due)[0];
        if (next === undefined || next.due > end) break;
        elapsed = Math.max(elapsed, next.due);
        sleepers.delete(next);
        next.wake();
        await settle();
      }
      elapsed = end;
    },
  };
}
