/** How often one object was set back of late, and when it may be set back again (D-20, D-21). */
export interface Dispute {
  /** Decays by itself; three and more is a fight. */
  readonly heat: number;
  readonly atMs: number;
  /** Of what was declared then: another declaration begins anew. */
  readonly digest: string;
  /** Writes since it is a fight; 0: it is none. */
  readonly rounds: number;
  /** Not before. */
  readonly nextMs: number;
}

const coolsIn = 10 * 60_000;
const fightFrom = 3;
const calmBelow = 1;
const forgottenBelow = 0.01;
/** §12: 10 s, then three times as long with each round, at most 10 min. */
const [firstMs, factor, mostMs] = [10_000, 3, 10 * 60_000];

export interface Moment {
  readonly nowMs: number;
  readonly digest: string;
}

/** After one more write against somebody's change: h ← h·e^(−Δt/10 min) + 1. */
export function fought(before: Dispute | undefined, { nowMs, digest }: Moment): Dispute {
  const heat = before?.digest === digest ? heatOf(before, nowMs) : 0;
  const goesOn = before !== undefined && before.rounds > 0 && heat >= calmBelow;
  const rounds = goesOn || heat + 1 >= fightFrom ? (goesOn ? before.rounds : 0) + 1 : 0;
  const waitMs = rounds === 0 ? 0 : Math.min(firstMs * factor ** (rounds - 1), mostMs);
  return { heat: heat + 1, atMs: nowMs, digest, rounds, nextMs: nowMs + waitMs };
}

/** Until when nothing is written against the other side; undefined: it may be. */
export function backsOffUntil(
  dispute: Dispute | undefined,
  { nowMs, digest }: Moment,
): number | undefined {
  if (dispute === undefined || dispute.rounds === 0 || dispute.digest !== digest) return undefined;
  const isOn = heatOf(dispute, nowMs) >= calmBelow && nowMs < dispute.nextMs;
  return isOn ? dispute.nextMs : undefined;
}

/** Nothing of it matters any more. */
export function isForgotten(dispute: Dispute, nowMs: number): boolean {
  return heatOf(dispute, nowMs) < forgottenBelow;
}

function heatOf({ heat, atMs }: Dispute, nowMs: number): number {
  return heat * Math.exp(-Math.max(0, nowMs - atMs) / coolsIn);
}
