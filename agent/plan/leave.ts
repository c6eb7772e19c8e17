import type { Cause, Change, Desired, FieldDiff } from "../model/change.ts";
import type { InventoryEntry } from "../model/inventory.ts";
import type { KubeObject } from "../model/object.ts";
import { waiting } from "./barrier.ts";
import { backsOffUntil } from "./fight.ts";
import { objectSettings } from "./object-settings.ts";
import type { PlanContext } from "./plan.ts";

/** Digest same as applied last, yet different: drift. Never applied: retry of an intent, or a first change (§0.2). */
export function causeOf(desired: Desired, entry: InventoryEntry | undefined): Cause {
  if (entry?.digest === desired.digest) return "drift";
  return "change";
}

export interface Difference {
  readonly desired: Desired;
  readonly live: KubeObject | undefined;
  readonly fields: readonly FieldDiff[];
  readonly cause: Cause;
}

/** D-27: what differs and is not to be written now (semantics §4.4 hold-until, §6.2); undefined: heal it. */
export function leaveDrift(
  difference: Difference & { readonly live: KubeObject },
  context: PlanContext,
): Change | undefined {
  const { desired, live, fields, cause } = difference;
  const { unit, nowMs, differsSinceMs } = context;
  const until = heldUntilMs(live, context);
  if (until !== undefined && until > nowMs) {
    return { ...report(desired, live, fields), reason: "BreakGlass", how: "break-glass" };
  }
  if (unit.mode === "observe") return observed(difference, context);
  if (cause !== "drift") return undefined;
  if (unit.drift.mode === "report") return report(desired, live, fields);
  const inGrace = nowMs - (differsSinceMs ?? nowMs) < unit.drift.graceMs;
  if (inGrace) return { ...report(desired, live, fields), how: "grace" };
  return backOff({ desired, live, fields }, context);
}

/** Nothing is written: drift is listed; of a suspended app a change waits, so that it is not taken for done (O21). */
export function observed(
  { desired, live, fields, cause }: Difference,
  { suspended }: Pick<PlanContext, "suspended">,
): Change {
  if (suspended === undefined) return report(desired, live, fields);
  if (cause !== "drift") return waiting(desired.ref, suspended);
  return { ...report(desired, live, fields), reason: suspended.reason, how: "held" };
}

/** D-21: who is contradicted again and again is let have its way for a while. */
export function backOff(
  { desired, live, fields }: Omit<Difference, "cause">,
  { dispute, nowMs }: PlanContext,
): Change | undefined {
  const until = backsOffUntil(dispute, { nowMs, digest: desired.digest });
  if (until === undefined) return undefined;
  return { ...report(desired, live, fields), reason: "Fight", how: "backing-off" };
}

function report(
  desired: Desired,
  live: KubeObject | undefined,
  fields: readonly FieldDiff[],
): Extract<Change, { action: "report" }> {
  return {
    action: "report",
    ref: desired.ref,
    reason: "DriftReported",
    how: "reported",
    live,
    fields,
  };
}

/** min(value, when its manager set it, else first sight, + cap); a value that is no time counts for nothing (§4.4). */
export function heldUntilMs(
  live: KubeObject,
  { unit, nowMs, differsSinceMs = nowMs }: Pick<PlanContext, "unit" | "nowMs" | "differsSinceMs">,
): number | undefined {
  const text = objectSettings(live).holdUntil;
  const wanted = text === undefined ? Number.NaN : Date.parse(text);
  if (Number.isNaN(wanted)) return undefined;
  const setAt = (live.metadata.managedFields ?? [])
    .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1 ?? {}).includes("f:holdfast.dev/hold-until"))
    .map(({ time }) => Date.parse(time ?? ""))
    .filter((time) => !Number.isNaN(time));
  const setMs = setAt.length === 0 ? differsSinceMs : Math.max(...setAt);
  return Math.min(wanted, setMs + unit.holdUntilMaxMs);
}
