import type { ChangeResult } from "../model/change.ts";
import { refId } from "../model/object.ts";
import type { Leftover } from "../model/status.ts";
import { leftoversOf } from "../plan/leftovers.ts";
import type { PassInput } from "./pass.ts";

/** remembered from when an object was last seen whole, for as long as it is declared. */
export function leftoversIn(
  { memory: { leftovers }, manifests }: PassInput,
  results: readonly ChangeResult[],
): readonly Leftover[] {
  for (const { change, live } of results) {
    if (live?.metadata.managedFields === undefined) continue;
    const found = leftoversOf(live);
    if (found.length === 0) leftovers.delete(refId(change.ref));
    else leftovers.set(refId(change.ref), found);
  }
  const declared = new Set(manifests.desired.map(({ id }) => id));
  for (const id of leftovers.keys()) if (!declared.has(id)) leftovers.delete(id);
  return [...leftovers.values()].flat();
}
