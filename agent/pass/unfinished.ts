import type { ChangeResult } from "../model/change.ts";
import type { Inventory } from "../model/inventory.ts";
import { refId } from "../model/object.ts";
import type { DeletingObject, WaitingObject } from "../status/input.ts";
import type { Pruned } from "./prune.ts";

/** What must come first, object by object. */
export function waitingOf(results: readonly ChangeResult[]): readonly WaitingObject[] {
  return results.flatMap(({ change }) =>
    change.action === "skip" && change.waits !== undefined
      ? [{ ref: change.ref, why: change.why }]
      : [],
  );
}

/** Undeclared objects that are still there: terminating, or put off because somebody needs them (P-86). */
export function deletingOf(inventory: Inventory, { results }: Pruned): readonly DeletingObject[] {
  return results.flatMap((result) => {
    const entry = inventory.entries.get(refId(result.change.ref));
    return entry === undefined ? [] : (unfinished(result, Date.parse(entry.since)) ?? []);
  });
}

function unfinished({ change, live }: ChangeResult, sinceMs: number): DeletingObject | undefined {
  const finalizers = live?.metadata.finalizers ?? [];
  const isTerminating = live?.metadata.deletionTimestamp !== undefined;
  if (change.action === "delete" || isTerminating) return { ref: change.ref, sinceMs, finalizers };
  if (change.action !== "skip" || change.forget) return undefined;
  return { ref: change.ref, sinceMs, finalizers, putOff: change.why };
}
