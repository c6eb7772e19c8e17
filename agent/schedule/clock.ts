/** The only clock (faults §2.5). Wall time judges windows and `until`; monotonic time judges how long something took. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  now(): number;
  /** Milliseconds since some start; never goes back. */
  monotonic(): number;
  /** Resolves after that time; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The only source of randomness. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** A name nobody else will choose. */
  id(): string;
}

/** ISO 8601 without milliseconds, as Kubernetes writes times. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
