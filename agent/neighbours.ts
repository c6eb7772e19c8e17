import { declaredIn } from "./manifests.ts";
import type { Inventory } from "./model/inventory.ts";
import { type ObjectRef, refId } from "./model/object.ts";
import type { Neighbours } from "./pass/pass.ts";
import { isResourceOf } from "./plan/blocked.ts";
import type { Slot } from "./slot.ts";

/**
 * What the other units of this cluster declare at the newest accepted commit, as 4.5 asks for it. Made when first asked:
 * a pass in which nothing moved asks nothing.
 */
export function neighboursOf(app: string, slots: readonly Slot[]): Neighbours {
  const others = slots.filter((slot) => slot.app !== app).sort((a, b) => (a.app < b.app ? -1 : 1));
  let made: readonly Declared[] | undefined;
  const declared = (): readonly Declared[] => {
    made ??= others.map((slot) => ({ app: slot.app, refs: declaredRefs(slot) }));
    return made;
  };
  const find = (test: (ref: ObjectRef) => boolean): string | undefined =>
    declared().find(({ refs }) => [...refs.values()].some(test))?.app;
  return {
    // The lowest of several, so that they agree who keeps it (P-62).
    declaredBy: (ref) => declared().find(({ refs }) => refs.has(refId(ref)))?.app,
    namespaceUsedBy: (namespace) => {
      const user = others.find((slot) => usesNamespace(slot, namespace));
      return user === undefined ? undefined : `app ${user.app}`;
    },
    crdUsedBy: (crd) => find((ref) => isResourceOf(ref, crd)),
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

interface Declared {
  readonly app: string;
  readonly refs: ReadonlyMap<string, ObjectRef>;
}

/** 4.5-6: declared or inventoried, so also what is still to be pruned, and what an app that goes has left. */
function usesNamespace(slot: Slot, name: string): boolean {
  const all = [...manifestRefs(slot).values(), ...inventoryRefs(slot.inventory).values()];
  return all.some(({ namespace }) => namespace === name);
}

/** An app whose render is unknown declares its whole inventory (4.5-1); one that goes declares nothing. */
function declaredRefs(slot: Slot): ReadonlyMap<string, ObjectRef> {
  if (slot.removal !== undefined) return new Map();
  const { manifests } = slot;
  if (manifests === undefined || slot.unknownAt !== undefined || slot.problems.length > 0) {
    return new Map([...inventoryRefs(slot.inventory), ...manifestRefs(slot)]);
  }
  return manifestRefs(slot);
}

function manifestRefs({ manifests }: Slot): ReadonlyMap<string, ObjectRef> {
  if (manifests === undefined) return new Map();
  const all = [...declaredIn(manifests), ...manifests.hooks];
  return new Map(all.map(({ id, ref }) => [id, ref]));
}

function inventoryRefs(inventory: Inventory | undefined): ReadonlyMap<string, ObjectRef> {
  return new Map([...(inventory?.entries ?? [])].map(([id, { ref }]) => [id, ref]));
}

function declaredUids(slot: Slot): ReadonlySet<string> {
  const declared = declaredRefs(slot);
  const entries = [...(slot.inventory?.entries ?? [])].filter(([id]) => declared.has(id));
  return new Set(entries.flatMap(([, { uid }]) => uid ?? []));
}
