import type { KubeObject } from "../model/object.ts";
import type { Leftover } from "../model/status.ts";
import { leftoversOf } from "../plan/leftovers.ts";
import type { PassInput, UnitMemory } from "./pass.ts";

/** seen when an object is at hand whole, as after every write and every comparison by the server. */
export function noteLeftovers({ leftovers }: UnitMemory, id: string, live: KubeObject): void {
  if (live.metadata.managedFields === undefined) return;
  const found = leftoversOf(live);
  if (found.length === 0) leftovers.delete(id);
  else leftovers.set(id, found);
}

/** What was seen last of everything that is declared. */
export function leftoversIn({ memory: { leftovers }, manifests }: PassInput): readonly Leftover[] {
  const declared = new Set(manifests.desired.map(({ id }) => id));
  for (const id of leftovers.keys()) if (!declared.has(id)) leftovers.delete(id);
  return [...leftovers.values()].flat();
}
