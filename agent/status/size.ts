/** Bytes of the value as JSON. */
export function bytesOfJson(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/** Makes a value fit by the first way that still has something to give; the last result when none has. */
export function shrinkToFit<T>(
  value: T,
  limit: number,
  ways: readonly ((value: T) => T | undefined)[],
): T {
  let current = value;
  while (bytesOfJson(current) > limit) {
    const smaller = firstOf(ways, current);
    if (smaller === undefined) return current;
    current = smaller;
  }
  return current;
}

function firstOf<T>(ways: readonly ((value: T) => T | undefined)[], value: T): T | undefined {
  for (const way of ways) {
    const smaller = way(value);
    if (smaller !== undefined) return smaller;
  }
  return undefined;
}

/** The first half of a list; undefined when it is empty already. */
export function halve<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list.slice(0, Math.floor(list.length / 2));
}
