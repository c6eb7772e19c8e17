import { jsonEqual } from "../../../agent/model/json.ts";
import { describeRef, type KubeObject, refId } from "../../../agent/model/object.ts";
import { byIdentity, type History, type UnitCase, type Violation } from "./model.ts";

/** I1 nothing lost: applying each declared object once more would change nothing. */
export function nothingLost(history: History): readonly Violation[] {
  return history.units.filter((unit) => !unit.expectHeld).flatMap((unit) => lostOf(history, unit));
}

function lostOf(history: History, unit: UnitCase): readonly Violation[] {
  const last = history.commits.at(-1);
  const declared = last === undefined ? undefined : unit.declared.get(last.id);
  if (last === undefined || declared === undefined || declared === "broken") return [];
  const runs = new Map(
    history.dryRuns.filter(({ app }) => app === unit.app).map((run) => [refId(run.ref), run]),
  );
  const violations: Violation[] = [];
  for (const [id, object] of byIdentity(declared)) {
    const run = runs.get(id);
    const say = (what: string): Violation => ({
      invariant: "I1",
      revision: last.from,
      ref: run?.ref,
      message: `${unit.app}: ${run ? describeRef(run.ref) : object.metadata.name} ${what}`,
    });
    if (run === undefined) violations.push(say("was declared and never compared"));
    else if (run.live === undefined) violations.push(say("is declared and absent"));
    else if (run.predicted === undefined) violations.push(say("is refused by the server"));
    else if (!jsonEqual(comparisonForm(run.live), comparisonForm(run.predicted)))
      violations.push(say("differs from what Git declares"));
  }
  return violations;
}

const serverKept = new Set([
  "managedFields",
  "resourceVersion",
  "generation",
  "uid",
  "selfLink",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
]);

/** Whole objects less status and what only the server writes. */
export function comparisonForm({ status: _status, metadata, ...rest }: KubeObject): unknown {
  const kept = Object.entries(metadata).filter(([field]) => !serverKept.has(field));
  return { ...rest, metadata: Object.fromEntries(kept) };
}
