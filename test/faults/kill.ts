/** A number stream from a seed (mulberry32), so that a failing run can be told and played again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Of this run: given by HOLDFAST_SEED, else new; say it where a run fails. */
export function seedOfRun(): number {
  const given = process.env.HOLDFAST_SEED;
  return given === undefined ? Date.now() % 2 ** 31 : Number(given);
}
