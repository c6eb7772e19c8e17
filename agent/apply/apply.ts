import type { Patcher, Reader, Writer } from "../cluster/client.ts";
import { ApiError } from "../cluster/errors.ts";
import type { Change, ChangeResult, Desired, Outcome } from "../model/change.ts";
import { inTurn } from "../model/in-turn.ts";
import { installationLabel, ownerAnnotation, partOfLabel } from "../model/names.ts";
import {
  describeRef,
  type KubeObject,
  type Version,
  type VersionedRef,
  versionedRefOf,
  versionOf,
} from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import { problemOf, reasonOf } from "../plan/classify.ts";
import { escapePointer } from "../plan/compare.ts";
import { takeOver } from "../plan/take-over.ts";
import { dropLeftovers } from "./drop.ts";
import { type Patience, recreate } from "./recreate.ts";
import { takeOverFields, takeOverOnce } from "./take-over.ts";

/** Twice the client's own limit, so that it never waits for us. */
const atATime = 64;

export type Hands = Reader &
  Writer &
  Patcher & {
    readonly clock: Patience;
    /** Hears of each result as it comes, and says what of it is kept. */
    readonly landed?: (result: ChangeResult) => ChangeResult;
  };

/** Carries out a plan and decides nothing: one result per change, in order, failures included. */
export async function apply(
  hands: Hands,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<ChangeResult[]> {
  const { landed = (result) => result } = hands;
  return inTurn(changes, atATime, async (change) => landed(await attempt(hands, change, signal)));
}

async function attempt(hands: Hands, change: Change, signal: AbortSignal): Promise<ChangeResult> {
  try {
    signal.throwIfAborted();
    return await carryOut(hands, change, signal);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return refused(change, error);
  }
}

/** A write without an answer is neither done nor failed. */
function refused(change: Change, error: ApiError): ChangeResult {
  const { failure } = error;
  const outcome = failure.indeterminate ? "unknown" : "failed";
  const problem: Problem =
    "desired" in change
      ? problemOf(failure, change.desired)
      : {
          reason: reasonOf(failure),
          message: `${describeRef(change.ref)}: ${failure.message}`,
          ref: change.ref,
        };
  return { change, outcome, problem, warnings: [] };
}

async function carryOut(hands: Hands, change: Change, signal: AbortSignal): Promise<ChangeResult> {
  switch (change.action) {
    case "create":
      return write(
        hands,
        { change, body: change.desired.object, desired: change.desired, outcome: "created" },
        signal,
      );
    case "update":
      if (change.repairs !== undefined) return repair(hands, change, signal);
      if (change.drops !== undefined) {
        return dropLeftovers(hands, { ...change, drops: change.drops }, signal);
      }
      return write(
        hands,
        {
          change,
          body: change.payload,
          desired: change.desired,
          outcome: change.adopts ? "adopted" : "configured",
        },
        signal,
      );
    case "recreate":
      return recreate(hands, change, signal);
    case "delete":
      return remove(hands, change, signal);
    case "release":
      return release(hands, change, signal);
    case "unchanged":
      return { change, outcome: "unchanged", ...liveOf(change.live), warnings: [] };
    case "report":
      return { change, outcome: "reported", ...liveOf(change.live), warnings: [] };
    case "skip":
      return { change, outcome: "skipped", warnings: [] };
    case "hold":
      return { change, outcome: "held", warnings: [] };
    case "fail":
      return { change, outcome: "failed", problem: change.problem, warnings: [] };
  }
}

interface Write {
  readonly change: Change;
  readonly body: KubeObject;
  readonly desired: Desired;
  readonly outcome: Outcome;
}

/** Steps 9 and 10 of semantics §1.2; a create that met an equal object is no creation. */
async function write(
  hands: Hands,
  { change, body, outcome }: Write,
  signal: AbortSignal,
): Promise<ChangeResult> {
  const over = change.action === "update" ? await readied(hands, change, signal) : undefined;
  const applied = await hands.apply(body, over, signal);
  const strips = change.action === "update" ? change.strips : undefined;
  const live = await takeOverFields(hands, { object: applied.object, strips }, signal);
  const isCreated = change.action === "create" && applied.created;
  return {
    change,
    outcome: change.action === "create" && !isCreated ? "configured" : outcome,
    live,
    warnings: [...applied.warnings, ...unpredicted(change)],
  };
}

function unpredicted(change: Change): readonly string[] {
  if (change.action !== "update" || change.isUnpredicted === undefined) return [];
  return ["a webhook does not support dry run: compared with what is declared alone"];
}

/** puts the versions in managedFields right; the caller plans anew. */
async function repair(
  hands: Hands,
  change: Extract<Change, { action: "update" }>,
  signal: AbortSignal,
): Promise<ChangeResult> {
  const { live, over, repairs: value } = change;
  const operation = { op: "replace", path: "/metadata/managedFields", value } as const;
  const { object } = await hands.patch(versionedRefOf(live), [operation], over, signal);
  return { change, outcome: "configured", live: object, warnings: [] };
}

/** what left-over entries share with ours goes first, else what Git drops now would stay with them for ever. */
async function readied(
  hands: Hands,
  { live, over }: Extract<Change, { action: "update" }>,
  signal: AbortSignal,
): Promise<Version> {
  const due = takeOver(live);
  return due === undefined
    ? over
    : versionOf(await takeOverOnce(hands, { object: live, due }, signal));
}

/** Gone is a 404 or another UID (P-80); `live` is set while finalizers keep it. */
async function remove(
  hands: Hands,
  change: Extract<Change, { action: "delete" }>,
  signal: AbortSignal,
): Promise<ChangeResult> {
  const at: VersionedRef = { ...change.ref, version: change.version };
  await hands.delete(at, change.over, { propagation: "Background" }, signal); // P-30
  const after = await hands.get(at, signal);
  const isGone = after === undefined || after.metadata.uid !== change.over.uid;
  return { change, outcome: "deleted", ...(isGone ? {} : liveOf(after)), warnings: [] };
}

/** P-21: mark and labels go, then (by the caller) the entry. */
async function release(
  hands: Hands,
  change: Extract<Change, { action: "release" }>,
  signal: AbortSignal,
): Promise<ChangeResult> {
  const { annotations = {}, labels = {} } = change.live.metadata;
  const removals = [
    ...(ownerAnnotation in annotations
      ? [`/metadata/annotations/${escapePointer(ownerAnnotation)}`]
      : []),
    ...[installationLabel, partOfLabel]
      .filter((label) => label in labels)
      .map((label) => `/metadata/labels/${escapePointer(label)}`),
  ];
  const at: VersionedRef = { ...change.ref, version: change.version };
  const { object, warnings } = await hands.patch(
    at,
    removals.map((path) => ({ op: "remove", path })),
    versionOf(change.live),
    signal,
  );
  return { change, outcome: "released", live: object, warnings };
}

function liveOf(live: KubeObject | undefined): { live?: KubeObject } {
  return live === undefined ? {} : { live };
}
