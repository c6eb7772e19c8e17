import type { ApiFailure } from "../model/api-failure.ts";
import type { Change, Desired } from "../model/change.ts";
import type { InventoryEntry } from "../model/inventory.ts";
import { jsonEqual } from "../model/json.ts";
import { restoredAnnotation } from "../model/names.ts";
import { describeRef, type KubeObject, type Version, versionOf } from "../model/object.ts";
import type { Unit } from "../model/unit.ts";
import { attribute, byAdmission, isOurs } from "./attribute.ts";
import type { Barrier } from "./barrier.ts";
import { problemOf } from "./classify.ts";
import { diffObjects, escapePointer, objectsEqual } from "./compare.ts";
import type { Dispute } from "./fight.ts";
import { conflict, disputed, planForeign } from "./foreign.ts";
import { shapePayload } from "./ignore.ts";
import { backOff, causeOf, leaveDrift, observed } from "./leave.ts";
import { maskFields } from "./mask.ts";
import { objectSettings } from "./object-settings.ts";
import { marksToStrip, ownershipOf } from "./ownership.ts";
import { refuseDefinition } from "./recreate.ts";
import { isDryRunRefused, judgeRefusal, overlaid } from "./refused.ts";
import { rulesOf } from "./rules.ts";
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
  /** Who else writes it, again and again (D-20). */
  readonly dispute?: Dispute | undefined;
  /** A person let us take it over (P-60). */
  readonly takeOver: boolean;
  /** Nothing is written until this is over (D-27). */
  readonly suspended?: Barrier | undefined;
  /** Installations that left their marks here and keep no inventory: a restored backup (P-60). */
  readonly abandoned?: ReadonlySet<string>;
}

/** Either nothing needs to be asked any more, or exactly this request is to be dry-run. */
export type Prepared =
  | { readonly settled: Change }
  | {
      readonly settled?: never;
      readonly desired: Desired;
      readonly live: KubeObject;
      readonly payload: KubeObject;
      /** The payload with what is left to others sent as it lives, for a server that demands it. */
      readonly whole?: KubeObject;
      readonly over: Version;
    };

/** A request that is to be dry-run. */
export type Asked = Exclude<Prepared, { settled: Change }>;

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

/** D-14: declared and absent is created. H-8: a finished Job that its TTL took away is done, not lost. */
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
  if (unit.mode === "observe") {
    const cause = causeOf(desired, entry);
    return observed({ desired, live: undefined, fields: [], cause }, context);
  }
  if (declaredBy !== undefined && declaredBy < unit.app)
    return conflict(desired, declaredBy, context);
  const known = entry?.digest === desired.digest;
  const left = known ? backOff({ desired, live: undefined, fields: [] }, context) : undefined;
  return left ?? { action: "create", ref, desired, cause: causeOf(desired, entry) };
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
    // D-15: every value is fine.
    return { settled: { action: "unchanged", ref, desired, live } };
  }
  const rules = rulesOf(desired, live, context);
  return { desired, live, ...shapePayload(desired, live, rules), over: versionOf(live) };
}

/** What the server said to the dry run. */
export type Predicted =
  | { readonly ok: true; readonly object: KubeObject }
  | { readonly ok: false; readonly failure: ApiFailure };

/**
 * Steps 7 and 8: the server's dry run is the judge of equality; what webhooks set is in it, hence no drift.
 * It leaves what others set beside ours (D-22), knows quantities, defaults and nothings (N-5, N-8, N-15, N-22, N-24) and
 * what controllers add (A-83, N-16, N-17, N-18, N-19, N-20), and orders lists as their types say (N-13).
 */
export function judge(asked: Asked, predicted: Predicted, context: PlanContext): Change | "raced" {
  const { desired, live, payload } = asked;
  if (predicted.ok) return compareWith(asked, predicted.object, context);
  if (!isBlind(predicted.failure, context)) return judgeRefusal(asked, predicted.failure, context);
  const change = compareWith(asked, overlaid(live, payload), context);
  if (change.action === "update") return { ...change, isUnpredicted: true };
  const isKnown = context.entry?.digest === desired.digest || context.unit.mode !== "enforce";
  if (change.action !== "unchanged" || isKnown) return change;
  return { ...updateOf(asked), isUnpredicted: true };
}

/** A dry run needs the right to write: who only observes, with rights to read, compares what is declared (cli.md §4.2). */
function isBlind(failure: ApiFailure, { unit }: PlanContext): boolean {
  const mayOnlyRead = unit.mode === "observe" && failure.status === 403;
  return mayOnlyRead || isDryRunRefused(failure);
}

/** An update that changes nothing that could be told. */
function updateOf({ desired, live, payload, over }: Asked): Extract<Change, { action: "update" }> {
  const { ref } = desired;
  const rest = { payload, over, live, cause: "change", fields: [], adopts: false } as const;
  return { action: "update", ref, desired, ...rest };
}

/** values decide, not who owns them. */
function compareWith(asked: Asked, object: KubeObject, context: PlanContext): Change {
  const { desired, live } = asked;
  const { ref } = desired;
  const isSettled = takeOver(live) === undefined && !ownsMore(asked, object, context);
  if (isSettled && objectsEqual(live, object)) {
    return { action: "unchanged", ref, desired, live };
  }
  const raw = attribute(diffObjects(live, object), live);
  const { unit, installation } = context;
  const { owner } = ownershipOf(live, { installation, app: unit.app }, desired);
  const adopts = owner !== "us";
  const isTaken = owner === "tool" || owner === "installation";
  const strips = isTaken ? { strips: marksToStrip(live, desired.object) } : origin(live);
  const cause = adopts ? "change" : causeOf(desired, context.entry);
  const fields = maskFields(ref, byAdmission(raw, live, cause));
  const left =
    leaveDrift({ desired, live, fields, cause }, context) ??
    (adopts && !context.takeOver ? disputed(desired, live, fields) : undefined);
  if (left !== undefined) return left;
  return { ...updateOf(asked), cause, fields, adopts, ...strips };
}

/** what a commit declares is ours from then on, also where somebody had set the same value; else it could never go. */
function ownsMore({ desired, live }: Asked, object: KubeObject, context: PlanContext): boolean {
  const { entry, unit } = context;
  const then = object.metadata.managedFields?.find(isOurs)?.fieldsV1;
  if (entry === undefined || unit.mode !== "enforce" || then === undefined) return false;
  const own = live.metadata.managedFields?.find(isOurs)?.fieldsV1;
  if (own === undefined && unit.drift.mode === "heal") return true; // somebody wiped them
  return entry.digest !== desired.digest && !jsonEqual(own, then);
}

/** P-83: what was brought back is nobody's, and says so, until it is declared again. */
function origin(live: KubeObject): { readonly strips?: readonly string[] } {
  if (live.metadata.annotations?.[restoredAnnotation] === undefined) return {};
  return { strips: [`/metadata/annotations/${escapePointer(restoredAnnotation)}`] };
}
