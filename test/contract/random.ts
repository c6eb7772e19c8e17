/** Seeded, so that a history can be played again. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.next() * values.length)]!;
  }

  /** Some of them, in a random order. */
  some<T>(values: readonly T[], probability = 0.5): T[] {
    const kept = values.filter(() => this.chance(probability));
    return kept
      .map((value) => [this.next(), value] as const)
      .sort(([a], [b]) => a - b)
      .map(([, value]) => value);
  }

  /** Each member with the given probability. */
  members(
    makers: Readonly<Record<string, () => unknown>>,
    probability = 0.5,
  ): Record<string, unknown> {
    const made: Record<string, unknown> = {};
    for (const [key, make] of Object.entries(makers))
      if (this.chance(probability)) made[key] = make();
    return made;
  }
}
