import type { Hasher } from "../model/digest.ts";
import type { KubeObject } from "../model/object.ts";
import type { Leftover, Leftovers } from "../model/status.ts";
import type { Unit } from "../model/unit.ts";
import { leftoversOf, leftoversPlan } from "../plan/leftovers.ts";
import type { PassInput, UnitMemory } from "./pass.ts";

interface Seen {
  readonly unit: Unit;
  readonly memory: Pick<UnitMemory, "leftovers">;
}

/** seen when an object is at hand whole, as after every write and every comparison by the server. */
export function noteLeftovers({ unit, memory }: Seen, id: string, live: KubeObject): void {
  if (live.metadata.managedFields === undefined) return;
  const found = leftoversOf(live, unit.drift.ignore);
  if (found.length === 0) memory.leftovers.delete(id);
  else memory.leftovers.set(id, found);
}

/** What was seen last of everything that is declared, and the digest by which an accept names it; undefined: nothing. */
export function leftoversIn(
  { memory: { leftovers }, manifests }: PassInput,
  hasher: Hasher,
): Leftovers | undefined {
  const declared = new Set(manifests.desired.map(({ id }) => id));
  for (const id of leftovers.keys()) if (!declared.has(id)) leftovers.delete(id);
  const items: readonly Leftover[] = [...leftovers.values()].flat();
  if (items.length === 0) return undefined;
  const plan = leftoversPlan(items, hasher);
  return { count: leftovers.size, items, ...(plan === undefined ? {} : { plan }) };
}
