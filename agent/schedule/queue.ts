/** One flight per key, newest wish wins, bounded width (D-12: keys are identities, events of one are one wish). */
export interface Queue {
  /** Runs `key` as soon as there is room; while it is under way: once more after it. */
  add(key: string): void;
  isRunning(key: string): boolean;
  readonly depth: number;
  readonly active: number;
  /** No new work; resolves when what is under way has ended. */
  stop(): Promise<void>;
}

export type QueueStep = "added" | "started" | "ended";

export interface QueueOptions {
  readonly width: number;
  /** Must not throw: failures are values by then. */
  readonly run: (key: string) => Promise<void>;
  /** A key that waits, runs, or has run. */
  readonly onStep?: (step: QueueStep, key: string) => void;
}

export function createQueue({ width, run, onStep }: QueueOptions): Queue {
  const waiting = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();
  let isStopped = false;

  function add(key: string): void {
    if (isStopped) return;
    if (running.has(key)) again.add(key);
    else wait(key);
    fill();
  }

  function wait(key: string): void {
    if (waiting.has(key)) return;
    waiting.add(key);
    onStep?.("added", key);
  }

  function fill(): void {
    for (const key of waiting) {
      if (running.size >= width) break;
      waiting.delete(key);
      running.set(
        key,
        run(key).finally(() => done(key)),
      );
      onStep?.("started", key);
    }
  }

  function done(key: string): void {
    running.delete(key);
    onStep?.("ended", key);
    if (again.delete(key) && !isStopped) wait(key);
    if (!isStopped) fill();
  }

  async function stop(): Promise<void> {
    isStopped = true;
    waiting.clear();
    again.clear();
    await Promise.allSettled(running.values());
  }

  return {
    add,
    isRunning: (key) => running.has(key),
    stop,
    get depth() {
      return waiting.size;
    },
    get active() {
      return running.size;
    },
  };
}
