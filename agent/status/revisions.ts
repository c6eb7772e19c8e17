import type { Commit } from "../model/artifact.ts";
import type { ChangeResult } from "../model/change.ts";
import { refId } from "../model/object.ts";
import { reasonInfo } from "../model/reason.ts";
import type { Revision, UnitStatus } from "../model/status.ts";
import type { Pass, SummarizeInput } from "./input.ts";
import { isAtRest } from "./objects.ts";
import { isoOf } from "./time.ts";

type Revisions = UnitStatus["revisions"];

/** How far each of the four got; a revision keeps the moment at which it got there. */
export function revisionsOf({ fetched, pass, previous, nowMs }: SummarizeInput): Revisions {
  const before = previous?.revisions ?? {};
  const step = (old: Revision | undefined, commit: Commit | undefined) =>
    advance(old, commit, nowMs);
  const applied = pass !== undefined && isApplied(pass) ? pass.attempted : undefined;
  const live = pass !== undefined && isLive(pass) ? pass.attempted : undefined;
  return {
    ...only("fetched", step(before.fetched, fetched)),
    ...only("attempted", step(before.attempted, pass?.attempted)),
    ...only("applied", step(before.applied, applied)),
    ...only("live", step(before.live, live)),
  };
}

function advance(
  old: Revision | undefined,
  commit: Commit | undefined,
  nowMs: number,
): Revision | undefined {
  if (commit === undefined || commit.id === old?.commit) return old;
  return {
    commit: commit.id,
    committedAt: isoOf(commit.committedAt * 1000),
    at: isoOf(nowMs),
  };
}

function only(key: keyof Revisions, revision: Revision | undefined): Revisions {
  return revision === undefined ? {} : { [key]: revision };
}

/** Every declared object of the revision was applied; held deletions show, and stop nothing. */
export function isApplied(pass: Pass): boolean {
  const deletions = new Set(pass.held?.deletions.map(refId));
  const isDone = (result: ChangeResult) =>
    !isOutstanding(result) || deletions.has(refId(result.change.ref));
  const isStopped = pass.problems.some(({ reason }) => reasonInfo(reason).stage !== "healthy");
  return pass.complete && !isStopped && pass.waiting.length === 0 && pass.results.every(isDone);
}

/** Not done, for this revision: drift that is only reported does not count, what was never written does. */
export function isOutstanding({ change, outcome }: ChangeResult): boolean {
  if (outcome === "failed" || outcome === "unknown" || change.action === "fail") return true;
  if (change.action === "hold") return true;
  if (change.action === "skip") return change.waits !== undefined && change.waits !== "Deleting";
  const isWrite =
    change.action === "create" || change.action === "update" || change.action === "recreate";
  if (!isWrite || change.cause === "drift") return false;
  return outcome === "skipped" || outcome === "held";
}

/** Nothing of the revision is outstanding: what it wrote is healthy, what it dropped is gone, held or put off (P-86). */
export function isLive(pass: Pass): boolean {
  const isSettled = pass.health.every((entry) => entry.changed === false || isAtRest(entry));
  const isGone = pass.deleting.every(({ putOff }) => putOff !== undefined);
  return isApplied(pass) && isSettled && isGone;
}
