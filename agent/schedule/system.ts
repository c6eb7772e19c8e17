import { randomUUID } from "node:crypto";
import type { Clock, Random } from "./clock.ts";

/** The machine's own clock: what ports.ts gives to everybody else. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep,
};

/** Every request has an alarm that almost never rings: ending one costs no exception and no stack trace. */
function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const wake = () => {
      signal?.removeEventListener("abort", give);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    const give = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", give, { once: true });
  });
}

export const systemRandom: Random = { next: () => Math.random(), id: () => randomUUID() };
