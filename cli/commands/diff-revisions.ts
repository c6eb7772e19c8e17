import type { Unit } from "../../agent/model/unit.ts";
import type { UnitDiff } from "../output/diff-report.ts";
import { createMasker } from "../output/mask-secrets.ts";
import type { CommandArguments } from "./catalog.ts";
import { chosenApps } from "./choose-units.ts";
import type { CommandContext, RepositoryView } from "./context.ts";
import type { RevisionRange } from "./diff.ts";
import { diffAnswer } from "./diff-answer.ts";
import { diffUnit } from "./diff-units.ts";
import { type FoundProblem, findProblems } from "./find-problems.ts";
import {
  type ChosenCluster,
  checkClusters,
  type FleetView,
  knownClusters,
  matchClusters,
} from "./fleet-view.ts";
import { type RenderedUnit, renderUnits } from "./render-fleet.ts";
import { openFleet, viewAt, withRepository } from "./repository.ts";
import type { CommandResult } from "./result.ts";

interface Side {
  readonly view: FleetView;
  readonly chosen: readonly ChosenCluster[];
}

/** `diff --rev A..B`: both states rendered offline for every chosen cluster, compared object by object. */
export async function diffRevisions(
  context: CommandContext,
  given: CommandArguments,
  { from, to }: RevisionRange,
): Promise<CommandResult> {
  return await withRepository(context, async (repository) => {
    const before = await viewAt(repository, from);
    const after = await viewAt(repository, to);
    const compared = await compareViews(context, { before, after, apps: given.positionals });
    const between = { from: nameOf(before), to: nameOf(after) };
    return diffAnswer(context, given, { ...compared, between });
  });
}

export interface ViewPair {
  readonly before: RepositoryView;
  readonly after: RepositoryView;
  /** Names or globs; none: all. */
  readonly apps: readonly string[];
}

export interface ComparedViews {
  readonly units: readonly UnitDiff[];
  /** What is wrong with the later state. */
  readonly found: readonly FoundProblem[];
}

/** What the way from one state of the repository to another does to the objects of every chosen cluster. */
export async function compareViews(
  context: CommandContext,
  { before: first, after: second, apps: names }: ViewPair,
): Promise<ComparedViews> {
  const [before, after] = await bothSides(context, [first, second]);
  const apps = chosenApps([...before.chosen, ...after.chosen], names);
  const pairs = changedPairs(before, after, apps);
  const old = await renderUnits(context, before.view, unitsOf(pairs, "before"));
  const fresh = await renderUnits(context, after.view, unitsOf(pairs, "after"));
  const shown = after.chosen.map((cluster) => narrowed(cluster, apps));
  return {
    units: compare(pairs, { old, fresh }),
    found: findProblems(after.view, shown, fresh),
  };
}

async function bothSides(
  context: CommandContext,
  [first, second]: readonly [RepositoryView, RepositoryView],
): Promise<readonly [Side, Side]> {
  const before = await openFleet(context, first);
  const after = await openFleet(context, second);
  checkClusters(context.options, [...knownClusters(before), ...knownClusters(after)]);
  return [
    { view: before, chosen: matchClusters(before, context.options) },
    { view: after, chosen: matchClusters(after, context.options) },
  ];
}

interface Pair {
  readonly environment: string;
  readonly before: Unit | undefined;
  readonly after: Unit | undefined;
}

function key({ app, cluster }: Unit): string {
  return `${cluster.name}/${app}`;
}

/** A unit with the same change id on the same cluster renders the same: it need not be rendered at all (semantics §0.2). */
function changedPairs(
  before: Side,
  after: Side,
  isMeant: (app: string) => boolean,
): readonly Pair[] {
  const old = new Map(before.chosen.flatMap(unitsByKey));
  const fresh = new Map(after.chosen.flatMap(unitsByKey));
  return [...new Set([...fresh.keys(), ...old.keys()])].flatMap((name) => {
    const [was, is] = [old.get(name), fresh.get(name)];
    const one = is ?? was;
    if (one === undefined || !isMeant(one.unit.app)) return [];
    if (was?.unit.changeId === is?.unit.changeId) return [];
    if (is === undefined && mayBeBroken(after, one.unit)) return [];
    return [{ environment: one.environment, before: was?.unit, after: is?.unit }];
  });
}

/** An app whose document cannot be read has not gone: its problem is told instead. */
function mayBeBroken({ chosen }: Side, { app, cluster }: Unit): boolean {
  const here = chosen.find(({ target }) => target.name === cluster.name);
  if (here === undefined) return false;
  return here.selection.broken.some((broken) => broken.app === app || !broken.isNamed);
}

interface Placed {
  readonly unit: Unit;
  readonly environment: string;
}

function unitsByKey({ selection, environment }: ChosenCluster): readonly [string, Placed][] {
  return selection.units.map((unit) => [key(unit), { unit, environment }]);
}

function unitsOf(pairs: readonly Pair[], side: "before" | "after"): readonly Unit[] {
  return pairs.flatMap((pair) => pair[side] ?? []);
}

interface Rendered {
  readonly old: readonly RenderedUnit[];
  readonly fresh: readonly RenderedUnit[];
}

function compare(pairs: readonly Pair[], { old, fresh }: Rendered): readonly UnitDiff[] {
  const mask = createMasker();
  const find = (all: readonly RenderedUnit[], unit: Unit | undefined) =>
    unit === undefined ? undefined : all.find((one) => one.unit === unit);
  return pairs.flatMap(({ environment, before, after }) =>
    diffUnit({ environment, before: find(old, before), after: find(fresh, after) }, mask),
  );
}

function narrowed(cluster: ChosenCluster, isMeant: (app: string) => boolean): ChosenCluster {
  const broken = cluster.selection.broken.filter(({ app }) => isMeant(app));
  return { ...cluster, selection: { ...cluster.selection, broken } };
}

function nameOf({ commit, title }: RepositoryView): string {
  return commit ?? title;
}
