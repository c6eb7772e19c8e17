import type { Emit } from "../model/event.ts";
import type { Clock, Random } from "../schedule/clock.ts";
import type { Owner, Reader } from "./client.ts";
import { isHeld, type LeaseMemory, releaseLease, tryLease } from "./lease-step.ts";
import type { Timeline } from "./timeline.ts";

export interface LeaseDurations {
  /** How long others wait after our last renewal. */
  readonly durationMs: number;
  /** How long after our last renewal we still start writes. */
  readonly renewDeadlineMs: number;
  /** How long a write may take. */
  readonly writeTimeoutMs: number;
}

/** Semantics §12. */
export const leaseDurations: LeaseDurations = {
  durationMs: 45_000,
  renewDeadlineMs: 12_000,
  writeTimeoutMs: 30_000,
};

/** The one Lease of a cluster: who holds it is the only writer there (P5, I5). */
export interface Lease {
  /** Acquires, renews, acquires again, until aborted. Does not release. */
  run(signal: AbortSignal): Promise<void>;
  /** May start writes now. By the monotonic clock, so that a stopped process knows as soon as it wakes (C04). */
  holder(): boolean;
  /** Until another may take it; 0 when we do not hold it. */
  remainingMs(): number;
  readonly durationMs: number;
  /** Resolves when it is ours; rejects with the signal's reason. */
  acquired(signal: AbortSignal): Promise<void>;
  /** Called each time it is lost while running. Gives back how to stop. */
  onLost(listener: () => void): () => void;
  /** Rides along with the next renewal: the oldest compare of all units, ISO 8601 (observability §3). */
  setComparedAt(time: string): void;
  /** After the last write only: lets another take it at once (C14). `run` must have been aborted. */
  release(signal: AbortSignal): Promise<void>;
}

export interface LeaseOptions {
  readonly client: Reader & Owner;
  readonly namespace: string;
  /** Pod name and something random for each start (P-84). */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly durations?: LeaseDurations;
  readonly emit?: Emit;
  readonly timeline?: Pick<Timeline, "saw">;
}

/** Throws when the durations leave no room for a write that was started last (I5). */
export function createLease(options: LeaseOptions): Lease {
  const { clock, random, emit, identity } = options;
  const durations = options.durations ?? leaseDurations;
  const { durationMs, renewDeadlineMs, writeTimeoutMs } = durations;
  if (renewDeadlineMs + writeTimeoutMs >= durationMs) {
    throw new Error("lease: renewDeadline + writeTimeout must be shorter than duration.");
  }
  const settings = { ...options, durations };
  const memory: LeaseMemory = {
    renewedAt: undefined,
    observed: undefined,
    object: undefined,
    comparedAt: undefined,
    problem: undefined,
  };
  const lost = new Set<() => void>();
  const won = new Set<() => void>();
  const holder = () => isHeld(settings, memory);
  let told = false;
  const tell = () => {
    if (holder() === told) return;
    told = !told;
    const name = told ? identity : (memory.observed?.record.holder ?? "");
    emit?.({ type: "lease", held: told, holder: name });
    for (const listener of told ? won : lost) listener();
  };
  return {
    durationMs,
    holder,
    remainingMs: () => (holder() ? durationMs - (clock.monotonic() - (memory.renewedAt ?? 0)) : 0),
    run: async (signal) => {
      while (!signal.aborted) {
        await tryLease(settings, memory, signal);
        tell();
        // Three tries fit into the deadline; two that wait do not stay in step.
        const pauseMs = (renewDeadlineMs / 3) * (0.8 + 0.2 * random.next());
        await clock.sleep(pauseMs, signal).catch(() => undefined);
        tell();
      }
    },
    acquired: (signal) => nextOf(won, { holder, signal }),
    onLost: (listener) => {
      lost.add(listener);
      return () => lost.delete(listener);
    },
    setComparedAt: (time) => {
      memory.comparedAt = time;
    },
    release: async (signal) => {
      memory.renewedAt = undefined;
      tell();
      await releaseLease(settings, signal);
    },
  };
}

function nextOf(
  won: Set<() => void>,
  { holder, signal }: { readonly holder: () => boolean; readonly signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    if (holder()) return resolve();
    const done = () => {
      won.delete(done);
      signal.removeEventListener("abort", give);
      resolve();
    };
    const give = () => {
      won.delete(done);
      reject(signal.reason);
    };
    won.add(done);
    signal.addEventListener("abort", give, { once: true });
  });
}
