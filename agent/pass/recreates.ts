import type { Change } from "../model/change.ts";
import type { Inventory } from "../model/inventory.ts";
import { type ObjectRef, refId } from "../model/object.ts";
import { type Guarding, guardRecreates } from "../plan/guard.ts";
import { objectSettings } from "../plan/object-settings.ts";
import { declaredIn } from "../rendering/manifests.ts";
import { planObjects, provenUnchanged } from "./observe.ts";
import type { PassInput, PassPorts } from "./pass.ts";

/** What may be deleted and made anew in this pass. */
export interface Recreates extends Omit<Guarding, "plan"> {
  readonly allowed: ReadonlySet<string>;
}

interface At {
  readonly input: PassInput;
  readonly inventory: Inventory;
}

const none: Recreates = { used: [], allowed: new Set() };

/**
 * P-51: what Git lets us make anew is looked at as a whole before the first write, so that too much of it waits for a
 * person. Costs nothing where no object says so, or all that do are proven equal.
 */
export async function judgeRecreates(
  ports: PassPorts,
  at: At,
  signal: AbortSignal,
): Promise<Recreates> {
  const { input, inventory } = at;
  const objects = input.manifests.desired.filter(
    (one) =>
      objectSettings(one.object).recreate && provenUnchanged(ports, input, one) === undefined,
  );
  if (objects.length === 0 || !input.enforce) return none;
  const planned = await planObjects(ports, { input, inventory, objects }, signal);
  const refs = planned.flatMap(({ change }) =>
    change !== "raced" && change.action === "recreate" ? [change.ref] : [],
  );
  if (refs.length === 0) return none;
  const { held, used } = await guarded(ports, at, refs);
  const allowed = new Set(held === undefined ? refs.map(refId) : []);
  return { used, allowed, ...(held === undefined ? {} : { held }) };
}

async function guarded(
  ports: PassPorts,
  { input, inventory }: At,
  refs: readonly ObjectRef[],
): Promise<Guarding> {
  const { unit, manifests } = input;
  return guardRecreates(refs, {
    app: unit.app,
    cluster: unit.cluster.name,
    commit: manifests.commit.id,
    changeId: unit.changeId,
    inventory,
    declared: new Set(declaredIn(manifests).map(({ id }) => id)),
    maxShare: unit.prune.maxShare,
    accepts: await input.accepts(),
    hasher: ports.hasher,
  });
}

/** Held, too: what turns out to be stuck only after the set was judged; the next pass judges it. */
export function unlessHeld(change: Change, { allowed, held }: Recreates): Change {
  if (change.action !== "recreate" || allowed.has(refId(change.ref))) return change;
  const why = held?.message ?? "it is judged together with all others in the next pass";
  return { action: "hold", ref: change.ref, reason: "PruneGuard", why };
}
