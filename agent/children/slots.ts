/** Lets so many run at once; the others wait in line, and leave it when they are stopped. */
export interface Slots {
  run<T>(use: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const line: (() => void)[] = [];

  async function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      line.splice(line.indexOf(resolve), 1);
      reject(signal.reason);
    };
    line.push(resolve);
    signal.addEventListener("abort", leave, { once: true });
    await promise;
    signal.removeEventListener("abort", leave);
  }

  function exit(): void {
    const next = line.shift();
    if (next === undefined) free += 1;
    else next();
  }

  return {
    async run(use, signal) {
      await enter(signal);
      try {
        return await use();
      } finally {
        exit();
      }
    },
  };
}

const mebibyte = 1024 * 1024;
/** What helm and kustomize need for charts as people write them. */
const oneChild = 256 * mebibyte;

/** How a quarter of the memory (security §3) is shared out: never less than one child's worth, never more than four at once. */
export function shareMemory(totalBytes: number): {
  readonly count: number;
  readonly memoryBytes: number;
} {
  const budget = Math.max(oneChild, totalBytes / 4);
  const count = Math.min(4, Math.floor(budget / oneChild));
  return { count, memoryBytes: Math.min(1024 * mebibyte, Math.floor(budget / count)) };
}
