import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock, Random } from "./clock.ts";

/** The machine's own clock: what ports.ts gives to everybody else. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
};

export const systemRandom: Random = { next: () => Math.random(), id: () => randomUUID() };
