import type { Desired } from "../../agent/model/change.ts";
import { describeRef, refId } from "../../agent/model/object.ts";
import { type Problem, placeOf } from "../../agent/model/problem.ts";
import type { ChosenCluster, FleetView } from "./fleet-view.ts";
import type { RenderedUnit } from "./render-fleet.ts";

/** One problem with whom it concerns. What is wrong for several clusters is found once per cluster. */
export interface FoundProblem {
  readonly problem: Problem;
  readonly app: string | undefined;
  readonly cluster: string | undefined;
  /** Could not be judged here: a tool or a download is missing. */
  readonly isUnreached: boolean;
}

/** Problems of the fleet as a whole, of no app. */
export function fleetProblems(problems: readonly Problem[]): readonly FoundProblem[] {
  return problems.map((problem) => ({
    problem,
    app: undefined,
    cluster: undefined,
    isUnreached: false,
  }));
}

/** Everything that is wrong with the documents and with what they render to, documents first. */
export function findProblems(
  { fleet }: Pick<FleetView, "fleet">,
  chosen: readonly ChosenCluster[],
  rendered: readonly RenderedUnit[],
): readonly FoundProblem[] {
  const documents = fleetProblems(fleet.problems);
  const known = new Set(fleet.problems.map(keyOf));
  const broken = chosen.flatMap(({ target, selection }) =>
    selection.broken.flatMap(({ app, problems }) =>
      problems
        .filter((problem) => !known.has(keyOf(problem)))
        .map((problem) => ({ problem, app, cluster: target.name, isUnreached: false })),
    ),
  );
  const units = rendered.flatMap(({ unit, problems, isUnreached }) => {
    const cluster = unit.cluster.name;
    return problems.map((problem) => ({ problem, app: unit.app, cluster, isUnreached }));
  });
  return [...documents, ...broken, ...units, ...findConflicts(rendered)];
}

function keyOf({ reason, message, ...place }: Problem): string {
  return `${reason} ${placeOf(place)} ${message}`;
}

interface Declared {
  readonly app: string;
  readonly cluster: string;
  readonly desired: Desired;
}

/** One object that two apps of a cluster declare: neither may have it (ObjectConflict). */
function findConflicts(rendered: readonly RenderedUnit[]): readonly FoundProblem[] {
  const declared = rendered.flatMap(
    ({ unit: { app, cluster }, desired, hooks }): readonly Declared[] =>
      [...desired, ...hooks].map((one) => ({ app, cluster: cluster.name, desired: one })),
  );
  const groups = Map.groupBy(
    declared,
    ({ cluster, desired }) => `${cluster} ${refId(desired.ref)}`,
  );
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : others.filter(({ app }) => app !== first.app).map((other) => conflict(first, other)),
  );
}

function conflict(first: Declared, second: Declared): FoundProblem {
  const { ref, file, line } = second.desired;
  return {
    app: second.app,
    cluster: second.cluster,
    isUnreached: false,
    problem: {
      reason: "ObjectConflict",
      message: `${describeRef(ref)} is also declared by ${first.app}, at ${placeOf(first.desired)}`,
      file,
      line,
      ref,
    },
  };
}

/** Whose problem it is, for the first line of an error. */
export function describeFound({ app, problem, isUnreached }: FoundProblem): string {
  if (app === undefined) return `${problem.file ?? "the fleet"} is invalid`;
  return isUnreached ? `${app} was not rendered` : `${app} is invalid`;
}
