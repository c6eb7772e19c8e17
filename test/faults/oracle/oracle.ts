import { nothingLost } from "./i01.ts";
import { nothingOrphaned } from "./i02.ts";
import { nothingWronglyDeleted } from "./i03.ts";
import { nothingHalfRendered } from "./i04.ts";
import { noGoingBack } from "./i06.ts";
import type { History, Violation } from "./model.ts";

/** Every invariant that is checked so far; empty: none is violated. */
export function judgeHistory(history: History): readonly Violation[] {
  return [
    nothingLost,
    nothingOrphaned,
    nothingWronglyDeleted,
    nothingHalfRendered,
    noGoingBack,
  ].flatMap((invariant) => invariant(history));
}

/** One line each, for the report of a failed run. */
export function describeViolations(violations: readonly Violation[]): string {
  return violations
    .map(({ invariant, revision, message }) => `${invariant} at revision ${revision}: ${message}`)
    .join("\n");
}
