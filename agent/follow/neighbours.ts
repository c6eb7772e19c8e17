import type { Inventory } from "../model/inventory.ts";
import { type ObjectRef, refId } from "../model/object.ts";
import type { Neighbours } from "../pass/pass.ts";
import { isResourceOf } from "../plan/blocked.ts";
import { declaredIn, type Manifests } from "../rendering/manifests.ts";
import type { Slot } from "../slot.ts";

/**
 * What the other units of this cluster declare at the newest accepted commit, as 4.5 asks for it. Nothing is made for it:
 * every app looks at every other, so with a thousand apps what is made once per pass is made a million times.
 */
export function neighboursOf(app: string, slots: readonly Slot[]): Neighbours {
  const others = slots.filter((slot) => slot.app !== app);
  // The lowest of several, so that they agree who keeps it (P-62).
  const lowest = (test: (slot: Slot) => boolean): string | undefined => {
    let found: string | undefined;
    for (const slot of others) {
      if ((found === undefined || slot.app < found) && test(slot)) found = slot.app;
    }
    return found;
  };
  return {
    declaredBy: (ref) => {
      const id = refId(ref);
      return lowest((slot) => declares(slot, id));
    },
    namespaceUsedBy: (namespace) => {
      const user = lowest((slot) => usesNamespace(slot, namespace));
      return user === undefined ? undefined : `app ${user}`;
    },
    crdUsedBy: (crd) =>
      lowest((slot) => [...declaredRefs(slot).values()].some((ref) => isResourceOf(ref, crd))),
    unknown: new Set(others.filter(isUnknown).map((slot) => slot.app)),
    get declaredUids() {
      return new Set(others.flatMap((slot) => [...declaredUids(slot)]));
    },
  };
}

/** One that was broken before is tried again with the same input: what it declared then still counts. */
function isUnknown({ unknownAt, problems }: Slot): boolean {
  return unknownAt !== undefined && problems.length === 0;
}

/** 4.5-6: declared or inventoried, so also what is still to be pruned, and what an app that goes has left. */
function usesNamespace(slot: Slot, name: string): boolean {
  const all = [...manifestRefs(slot).values(), ...inventoryRefs(slot.inventory).values()];
  return all.some(({ namespace }) => namespace === name);
}

/** An app whose render is unknown, or that is suspended, declares its whole inventory (4.5-1); one that goes declares nothing. */
function declares(slot: Slot, id: string): boolean {
  if (slot.removal !== undefined) return false;
  if (manifestRefs(slot).has(id)) return true;
  return declaresInventory(slot) && slot.inventory?.entries.has(id) === true;
}

function declaredRefs(slot: Slot): ReadonlyMap<string, ObjectRef> {
  if (slot.removal !== undefined) return new Map();
  if (!declaresInventory(slot)) return manifestRefs(slot);
  return new Map([...inventoryRefs(slot.inventory), ...manifestRefs(slot)]);
}

function declaresInventory(slot: Slot): boolean {
  const { manifests, unknownAt, problems, inventory, suspend } = slot;
  if (inventory?.rollback !== undefined || suspend !== undefined) return true; // something older runs
  return manifests === undefined || unknownAt !== undefined || problems.length > 0;
}

const refsOf = new WeakMap<Manifests, ReadonlyMap<string, ObjectRef>>();

/** Made once per render. */
function manifestRefs({ manifests }: Slot): ReadonlyMap<string, ObjectRef> {
  if (manifests === undefined) return new Map();
  const known = refsOf.get(manifests);
  if (known !== undefined) return known;
  const all = [...declaredIn(manifests), ...manifests.hooks];
  const refs = new Map(all.map(({ id, ref }) => [id, ref]));
  refsOf.set(manifests, refs);
  return refs;
}

function inventoryRefs(inventory: Inventory | undefined): ReadonlyMap<string, ObjectRef> {
  return new Map([...(inventory?.entries ?? [])].map(([id, { ref }]) => [id, ref]));
}

function declaredUids(slot: Slot): ReadonlySet<string> {
  const declared = declaredRefs(slot);
  const entries = [...(slot.inventory?.entries ?? [])].filter(([id]) => declared.has(id));
  return new Set(entries.flatMap(([, { uid }]) => uid ?? []));
}
