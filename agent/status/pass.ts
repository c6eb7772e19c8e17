import type { ChangeResult } from "../model/change.ts";
import { describeRef, refId } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import type { Reason } from "../model/reason.ts";
import type { DriftEntry } from "../model/status.ts";
import { type Finding, findingOf, findingOfProblem, worstFinding } from "./finding.ts";
import type { Pass, UnitFacts } from "./input.ts";
import { deletingFindings, healthFindings } from "./objects.ts";
import { isOutstanding } from "./revisions.ts";

/** Everything that one pass found out, in the order of the stages. */
export function passFindings(pass: Pass, unit: UnitFacts, nowMs: number): readonly Finding[] {
  const found = [
    ...passProblems(pass).map(findingOfProblem),
    ...pass.results.map(resultFinding),
    heldFinding(pass),
    ...pass.drift.map(driftFinding),
    ...waitFindings(pass),
    progressFinding(pass),
    ...healthFindings(pass, unit, nowMs),
    ...deletingFindings(pass, unit, nowMs),
  ].filter((one) => one !== undefined);
  return [...found, ...whyKept(pass, found)];
}

/** Said with the failure itself: why no older render runs. */
function whyKept({ whyKept: why }: Pass, found: readonly Finding[]): readonly Finding[] {
  if (why === undefined) return [];
  return [{ ...worstFinding(found), message: `Not rolled back: ${why}` }];
}

/** The pass's own problems and those of single objects. */
export function passProblems({ problems, results }: Pass): readonly Problem[] {
  const own = results.flatMap((result) => {
    const problem = problemOf(result);
    return problem === undefined ? [] : [{ ...problem, ref: problem.ref ?? result.change.ref }];
  });
  return [...problems, ...own];
}

function problemOf({ change, problem }: ChangeResult): Problem | undefined {
  return problem ?? (change.action === "fail" ? change.problem : undefined);
}

function resultFinding(result: ChangeResult): Finding | undefined {
  const { change, outcome } = result;
  const about = describeRef(change.ref);
  if (change.action === "hold") return findingOf(change.reason, `${about}: ${change.why}`);
  if (change.action === "skip" && change.waits !== undefined) return undefined;
  if (problemOf(result) !== undefined) return undefined;
  if (outcome === "failed") return findingOf("ApiError", `${about} could not be written`);
  if (outcome === "unknown") return findingOf("ApiError", `${about}: the answer was lost`);
  return isOutstanding(result) ? findingOf("DriftReported", `${about} is not written`) : undefined;
}

/** Once for all that wait for the same: a wave may hold a thousand objects. */
function waitFindings({ results, waiting }: Pass): readonly (Finding | undefined)[] {
  const own = results.flatMap(({ change }) =>
    change.action === "skip" && change.waits !== undefined
      ? [{ ref: change.ref, why: change.why, reason: change.waits }]
      : [],
  );
  const known = new Set(own.map(({ ref }) => refId(ref)));
  const others = waiting.filter(({ ref }) => !known.has(refId(ref)));
  const all = [...own, ...others.map(({ reason = "Applying", ...one }) => ({ ...one, reason }))];
  return [...Map.groupBy(all, ({ reason, why }) => `${reason} ${why}`).values()].map((same) => {
    const [first] = same;
    if (first === undefined) return undefined;
    const more = same.length === 1 ? "" : ` and ${same.length - 1} more`;
    return findingOf(first.reason, `${describeRef(first.ref)}${more}: ${first.why}`);
  });
}

function heldFinding({ held }: Pass): Finding | undefined {
  return held && findingOf(held.reason, held.message);
}

function progressFinding({ complete, results }: Pass): Finding | undefined {
  if (complete) return undefined;
  return findingOf("Applying", `Applying; ${results.length} objects done so far`);
}

const driftReasons: Readonly<Record<DriftEntry["action"], Reason | undefined>> = {
  healed: undefined,
  ignored: undefined,
  reported: "DriftReported",
  held: "DriftReported", // of a suspended app: listed, and said by the suspension
  grace: "DriftReported",
  "break-glass": "BreakGlass",
  "backing-off": "Fight",
};

/** Drift that is there now and is not being healed. */
export function isOpenDrift({ action }: DriftEntry): boolean {
  return driftReasons[action] !== undefined;
}

function driftFinding(entry: DriftEntry): Finding | undefined {
  const reason = driftReasons[entry.action];
  if (reason === undefined || entry.action === "held") return undefined;
  const [first, ...more] = entry.fields;
  const by = first?.manager === undefined ? "" : ` by ${first.manager}`;
  const rest = more.length === 0 ? "" : ` and ${more.length} more`;
  const what = first === undefined ? "differs" : `${first.path}${by}${rest}`;
  const until = entry.until === undefined ? "" : ` until ${entry.until}`;
  return findingOf(reason, `${describeRef(entry.ref)}: ${what} (${entry.action}${until})`);
}
