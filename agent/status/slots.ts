/** Who shares one Git host, by what each agent knows alone (observability §3, carrier `git`). */
export interface SlotPlan {
  /** Names of all Cluster documents. */
  readonly clusters: readonly string[];
  /** Those whose waves are open: the even slots are theirs. */
  readonly open: readonly string[];
  readonly own: string;
  /** Of the host for one repository, at least 2. */
  readonly maxPushesPerMinute: number;
}

/** One less than the host allows: a window of a minute touches one slot more than it holds. */
export function slotMs({ maxPushesPerMinute }: Pick<SlotPlan, "maxPushesPerMinute">): number {
  return 60_000 / Math.max(1, maxPushesPerMinute - 1);
}

/** From one slot of a cluster to its next while no wave is open. */
export function slotRoundMs(plan: SlotPlan): number {
  return 2 * slotMs(plan) * plan.clusters.length;
}

/** The first own slot after the slot `last` of which the middle lies ahead, by the host's time; undefined: never. */
export function nextSlot(
  plan: SlotPlan,
  { hostMs, last }: { readonly hostMs: number; readonly last: number },
): { readonly slot: number; readonly atMs: number } | undefined {
  const length = slotMs(plan);
  const round = [...plan.clusters].sort();
  const open = [...plan.open].sort();
  // The middle, so that a clock that errs by less than half a slot stays in it.
  const first = Math.max(last + 1, Math.floor(hostMs / length - 0.5) + 1);
  const odd = turnOf(round, { own: plan.own, from: first, parity: 1 });
  const even = turnOf(open, { own: plan.own, from: first, parity: 0 });
  const slots = [odd, even].filter((slot) => slot !== undefined);
  if (slots.length === 0) return undefined;
  const slot = Math.min(...slots);
  return { slot, atMs: (slot + 0.5) * length };
}

interface Wanted {
  readonly own: string;
  /** Number of the first slot that counts. */
  readonly from: number;
  readonly parity: 0 | 1;
}

/** Every second slot goes round the names; the number of the next one that is ours. */
function turnOf(names: readonly string[], { own, from, parity }: Wanted): number | undefined {
  const index = names.indexOf(own);
  if (index === -1) return undefined;
  const turn = Math.ceil((from - parity) / 2);
  const wait = (index - (turn % names.length) + names.length) % names.length;
  return 2 * (turn + wait) + parity;
}
