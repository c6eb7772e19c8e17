import type { ApiFailure } from "../model/api-failure.ts";
import type { Cause, Change, Desired, FieldDiff } from "../model/change.ts";
import type { InventoryEntry } from "../model/inventory.ts";
import { restoredAnnotation } from "../model/names.ts";
import { describeRef, type KubeObject, type Version, versionOf } from "../model/object.ts";
import type { Unit } from "../model/unit.ts";
import { attribute } from "./attribute.ts";
import { autoscaleRules } from "./autoscaled.ts";
import { isImmutable, isRace, problemOf } from "./classify.ts";
import { diffObjects, escapePointer, objectsEqual } from "./compare.ts";
import { conflict, disputed, planForeign } from "./foreign.ts";
import { shapePayload, unstableRule } from "./ignore.ts";
import { maskFields } from "./mask.ts";
import { objectSettings } from "./object-settings.ts";
import { marksToStrip, ownershipOf } from "./ownership.ts";
import { planRecreate, refuseDefinition, type Stuck } from "./recreate.ts";
import { takeOver } from "./take-over.ts";

/** What a fresh read said of one object. */
export type Live =
  | { readonly found: "object"; readonly object: KubeObject }
  | { readonly found: "nothing" }
  | { readonly found: "error"; readonly failure: ApiFailure };

/** What planning one object depends on, besides the object. */
export interface PlanContext {
  readonly unit: Unit;
  readonly installation: string;
  readonly nowMs: number;
  /** What the inventory knew of it before this pass. */
  readonly entry: InventoryEntry | undefined;
  /** Another app on this cluster that declares it at the newest accepted commit. */
  readonly declaredBy: string | undefined;
  /** That app's render is not known yet: what it is said to declare is what it had. */
  readonly mayLetGo?: boolean;
  /** All that this app declares. */
  readonly declared: readonly Desired[];
  /** When this difference was first seen, for `drift.grace`. */
  readonly differsSinceMs: number | undefined;
  /** A person let us take it over (P-60). */
  readonly takeOver: boolean;
}

/** Either nothing needs to be asked any more, or exactly this request is to be dry-run. */
export type Prepared =
  | { readonly settled: Change }
  | {
      readonly settled?: never;
      readonly desired: Desired;
      readonly live: KubeObject;
      readonly payload: KubeObject;
      readonly over: Version;
    };

/** Steps 1 to 6 of semantics §1.2: everything that can be decided without asking the server. */
export function prepare(desired: Desired, live: Live, context: PlanContext): Prepared {
  const { ref } = desired;
  if (objectSettings(desired.object).reconcileDisabled) {
    return {
      settled: { action: "skip", ref, why: "holdfast.dev/reconcile: disabled", forget: false },
    };
  }
  switch (live.found) {
    case "error":
      return { settled: { action: "fail", ref, problem: problemOf(live.failure, desired) } };
    case "nothing":
      return { settled: planMissing(desired, context) };
    case "object":
      return prepareExisting(desired, live.object, context);
  }
}

/** H-8: a finished Job that its TTL took away is done, not lost. */
function planMissing(desired: Desired, context: PlanContext): Change {
  const { entry, unit, declaredBy } = context;
  const { ref } = desired;
  if (entry?.finished === desired.digest) {
    return {
      action: "skip",
      ref,
      why: "it was seen Complete and removed by its TTL",
      forget: false,
    };
  }
  if (unit.mode === "observe") return report(desired, undefined, []);
  if (declaredBy !== undefined && declaredBy < unit.app)
    return conflict(desired, declaredBy, context);
  const known = entry?.digest === desired.digest;
  return { action: "create", ref, desired, cause: known ? "drift" : causeOf(desired, entry) };
}

function prepareExisting(desired: Desired, live: KubeObject, context: PlanContext): Prepared {
  const { ref } = desired;
  const settings = objectSettings(live);
  if (live.metadata.deletionTimestamp !== undefined) {
    const why = `${describeRef(ref)} is being deleted; it is created again when it is gone`;
    return { settled: { action: "skip", ref, why, forget: false, waits: "Applying" } };
  }
  if (settings.reconcileDisabled) {
    return {
      settled: {
        action: "skip",
        ref,
        why: "holdfast.dev/reconcile: disabled (live)",
        forget: false,
      },
    };
  }
  const foreign = planForeign(desired, live, context);
  if (foreign !== undefined) return { settled: foreign };
  const refused = refuseDefinition({ desired, live });
  if (refused !== undefined) return { settled: refused };
  if (objectSettings(desired.object).createOnly) {
    return { settled: { action: "unchanged", ref, desired, live } };
  }
  const { unit, declared } = context;
  const scaled = autoscaleRules(desired, live, declared);
  const rules = [...unit.drift.ignore, ...unstableRule(desired), ...scaled];
  const payload = shapePayload(desired, live, rules);
  return { desired, live, payload, over: versionOf(live) };
}

/** What the server said to the dry run. */
export type Predicted =
  | { readonly ok: true; readonly object: KubeObject }
  | { readonly ok: false; readonly failure: ApiFailure };

/** Steps 7 and 8: the server's dry run is the judge of equality. */
export function judge(
  asked: Exclude<Prepared, { settled: Change }>,
  predicted: Predicted,
  context: PlanContext,
): Change | "raced" {
  const { desired, live, payload, over } = asked;
  const { ref } = desired;
  if (!predicted.ok) return judgeRefusal(asked, predicted.failure, context);
  if (objectsEqual(live, predicted.object) && takeOver(live) === undefined) {
    return { action: "unchanged", ref, desired, live };
  }
  const raw = attribute(diffObjects(live, predicted.object), live);
  const fields = maskFields(ref, raw);
  const { unit, installation } = context;
  const { owner } = ownershipOf(live, { installation, app: unit.app }, desired);
  const adopts = owner !== "us";
  const isTaken = owner === "tool" || owner === "installation";
  const strips = isTaken ? { strips: marksToStrip(live, desired.object) } : origin(live);
  const cause = adopts ? "change" : causeOf(desired, context.entry);
  const left =
    leaveDrift({ desired, live, fields, cause }, context) ??
    (adopts && !context.takeOver ? disputed(desired, live, fields) : undefined);
  if (left !== undefined) return left;
  return { action: "update", ref, desired, payload, over, live, cause, fields, adopts, ...strips };
}

/** P-83: what was brought back is nobody's, and says so, until it is declared again. */
function origin(live: KubeObject): { readonly strips?: readonly string[] } {
  if (live.metadata.annotations?.[restoredAnnotation] === undefined) return {};
  return { strips: [`/metadata/annotations/${escapePointer(restoredAnnotation)}`] };
}

function judgeRefusal(stuck: Stuck, failure: ApiFailure, context: PlanContext): Change | "raced" {
  const { desired, live } = stuck;
  if (isRace(failure)) return "raced";
  if (!isImmutable(failure)) {
    return { action: "fail", ref: desired.ref, problem: problemOf(failure, desired) };
  }
  const planned = planRecreate(stuck, failure, context);
  if (planned.action !== "recreate") return planned;
  return leaveDrift({ desired, live, fields: [], cause: planned.cause }, context) ?? planned;
}

/** Digest same as applied last, yet different: drift. Never applied: retry of an intent, or a first change (§0.2). */
function causeOf(desired: Desired, entry: InventoryEntry | undefined): Cause {
  if (entry?.digest === desired.digest) return "drift";
  return "change";
}

interface Difference {
  readonly desired: Desired;
  readonly live: KubeObject;
  readonly fields: readonly FieldDiff[];
  readonly cause: Cause;
}

/** What differs and is not to be written now (semantics §4.4 hold-until, §6.2); undefined: heal it. */
function leaveDrift(
  { desired, live, fields, cause }: Difference,
  context: PlanContext,
): Change | undefined {
  const { unit, nowMs, differsSinceMs } = context;
  const until = heldUntilMs(live, context);
  if (until !== undefined && until > nowMs) {
    return { ...report(desired, live, fields), reason: "BreakGlass", how: "break-glass" };
  }
  if (unit.mode === "observe") return report(desired, live, fields);
  if (cause !== "drift") return undefined;
  if (unit.drift.mode === "report") return report(desired, live, fields);
  const inGrace = nowMs - (differsSinceMs ?? nowMs) < unit.drift.graceMs;
  return inGrace ? { ...report(desired, live, fields), how: "grace" } : undefined;
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
