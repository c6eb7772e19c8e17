import type { Clock } from "../../agent/schedule/clock.ts";

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** Time that stands still while anybody works, and jumps to whoever wakes next: minutes pass in moments, next to real servers. */
export class VirtualClock {
  readonly #start: number;
  #elapsed = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start: number) {
    this.#start = start;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  /** The clock of one machine: the same pace, and wrong by so much. */
  of(errorMs: number): Clock {
    return {
      now: () => this.now() + errorMs,
      monotonic: () => this.#elapsed,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
  }

  /** Until this much has passed; `workers` is how many sleep when nobody works. */
  async pass(ms: number, workers: () => number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      while (this.#sleepers.size < workers()) await new Promise((done) => setTimeout(done, 1));
      const [next] = [...this.#sleepers].sort((a, b) => a.due - b.due);
      if (next === undefined || next.due > end) break;
      this.#elapsed = Math.max(this.#elapsed, next.due);
      this.#sleepers.delete(next);
      next.wake();
      await new Promise((done) => setImmediate(done));
    }
    this.#elapsed = end;
  }

  #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper: Sleeper = { due: this.#elapsed + Math.max(0, ms), wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  }
}
