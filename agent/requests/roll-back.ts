import type { AppRequest } from "../cluster/app-requests.ts";
import type { Inventory, Rollback } from "../model/inventory.ts";
import { readKept } from "../pass/fall-back.ts";
import { namedTarget, stays } from "../plan/rollback.ts";
import type { Manifests } from "../rendering/manifests.ts";
import { isoTime } from "../schedule/clock.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";
import { suspension } from "./suspend.ts";

/** what a person wants to run here instead of what Git asks for. */
export interface RollbackWish {
  /** The beginning of a kept render's digest or commit; default: the newest other one. */
  readonly to?: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly until?: string;
}

/** The wish in a request; an end that nobody can read is none. */
export function wishOf({ to, reason = "", until }: AppRequest): RollbackWish {
  const isEnd = until !== undefined && !Number.isNaN(Date.parse(until));
  return {
    reason: reason === "" ? "no reason given" : reason,
    ...(to !== undefined && { to }),
    ...(isEnd && { until }),
  };
}

/**
 * writes what a person asked for into the inventory, before anything is applied; the pass that follows obeys it, and
 * so does any other agent. What cannot be done is told and not tried again: whoever asked is there.
 */
export async function recordRollback(world: World, slot: Slot, signal: AbortSignal): Promise<void> {
  const { app, rollbackWish: wish, manifests } = slot;
  if (wish === undefined) return;
  const { inventories } = world.cluster;
  const stored = await inventories.read(app, signal);
  const verdict = await judge(world, { slot, wish, inventory: stored?.value }, signal);
  if (verdict.rollback !== undefined && stored !== undefined) {
    const after = { ...stored.value, rollback: verdict.rollback };
    slot.inventory = (await inventories.write(after, stored.resourceVersion, signal)).value;
  }
  slot.rollbackWish = undefined; // after the write: one that raced is tried again
  const { rollback, whyNot } = verdict;
  world.ports.emit({
    type: "rolled-back",
    app,
    by: "request",
    from: manifests?.commit.id ?? "",
    to: rollback?.to.commit ?? wish.to ?? "",
    why: wish.reason,
    ...(whyNot === undefined ? {} : { whyNot }),
  });
}

type Verdict =
  | { readonly rollback: Rollback; readonly whyNot?: never }
  | { readonly rollback?: never; readonly whyNot: string };

interface Asked {
  readonly slot: Slot;
  readonly wish: RollbackWish;
  readonly inventory: Inventory | undefined;
}

async function judge(
  world: World,
  { slot, wish, inventory }: Asked,
  signal: AbortSignal,
): Promise<Verdict> {
  const { app, manifests, removal } = slot;
  if (!world.settings.enforce || suspension(world, slot) !== undefined)
    return { whyNot: "nothing is written to this cluster now" };
  if (manifests === undefined || removal !== undefined || inventory === undefined)
    return { whyNot: "it is not known what Git asks for" };
  if (manifests.unit.mode !== "enforce") return { whyNot: "the app is in mode: observe" };
  const { digest } = manifests;
  const target = namedTarget(inventory, digest, wish.to);
  if (target.to === undefined) return { whyNot: target.why };
  const then = await readKept(world.cluster, { app, digest: target.to.digest }, signal);
  if (then === undefined) return { whyNot: "the render that was kept cannot be opened" };
  const nowMs = world.ports.clock.now();
  return { rollback: rollbackTo(target.to, { manifests, then, inventory, wish, nowMs }) };
}

interface Leaving {
  readonly manifests: Manifests;
  readonly then: Manifests;
  readonly inventory: Inventory;
  readonly wish: RollbackWish;
  readonly nowMs: number;
}

function rollbackTo(
  { digest, commit }: Rollback["to"],
  { manifests, then, inventory, wish, nowMs }: Leaving,
): Rollback {
  const left = stays(inventory, manifests.digest, { now: manifests, then });
  return {
    from: { digest: manifests.digest, commit: manifests.commit.id },
    to: { digest, commit },
    by: "request",
    why: wish.reason,
    at: isoTime(nowMs),
    ...(wish.until !== undefined && { until: wish.until }),
    ...(left.length > 0 && { stays: left }),
  };
}
