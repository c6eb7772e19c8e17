import { type ChangeResult, resultId } from "../model/change.ts";
import type { Inventory } from "../model/inventory.ts";
import { refId } from "../model/object.ts";
import { heldUntilMs } from "../plan/leave.ts";
import { defines } from "./definitions.ts";
import type { PassInput } from "./pass.ts";
import { settleMs } from "./prune.ts";

/** How often what takes its time is looked at, should no watch tell of its end. */
const lookAgainMs = 60_000;

interface Ended {
  readonly input: PassInput;
  readonly inventory: Inventory;
  readonly results: readonly ChangeResult[];
  readonly nowMs: number;
}

/** When time alone changes what is to be done: a grace or a hold-until ends, a lost write is settled, a deletion may be over. */
export function dueOf({ input, inventory, results, nowMs }: Ended): readonly number[] {
  const reported = results.flatMap((result) => reportEnds(input, result, nowMs) ?? []);
  const declared = new Set(results.map(resultId));
  const left = [...inventory.entries.values()].flatMap(({ ref, state, since }) => {
    if (state === "deleting") return [nowMs + lookAgainMs];
    const mayComeYet = state === "intent" && declared.has(refId(ref));
    return mayComeYet ? [Date.parse(since) + settleMs] : [];
  });
  const undefinedYet = results.some((result) => isUndefinedYet(input, result));
  const look = undefinedYet ? [nowMs + lookAgainMs] : [];
  return [...reported, ...left, ...look].filter((ms) => ms > nowMs);
}

/** it waits for a CRD of its app, of which discovery may know later than the CRD says so. */
function isUndefinedYet({ manifests }: PassInput, { change }: ChangeResult): boolean {
  if (change.action !== "skip" || change.waits === undefined) return false;
  return manifests.desired.some(({ object }) => defines(object, change.ref));
}

function reportEnds(
  { unit, memory }: PassInput,
  { change }: ChangeResult,
  nowMs: number,
): number | undefined {
  if (change.action !== "report") return undefined;
  const differsSinceMs = memory.differsSinceMs.get(refId(change.ref)) ?? nowMs;
  switch (change.how) {
    case "grace":
      return differsSinceMs + unit.drift.graceMs;
    case "break-glass":
      return change.live && heldUntilMs(change.live, { unit, nowMs, differsSinceMs });
    case "backing-off":
      return memory.disputes.get(refId(change.ref))?.nextMs;
    case "held": // the end of the suspension is known elsewhere
    case "reported":
      return undefined;
  }
}
