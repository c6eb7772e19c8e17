import { documentPaths, type Fleet, parseFleet } from "../../agent/fleet/fleet.ts";
import { environmentOf, type Selection, selectUnits } from "../../agent/fleet/units.ts";
import type { Tree } from "../../agent/model/artifact.ts";
import type { Hasher } from "../../agent/model/digest.ts";
import type { Parsed } from "../../agent/model/problem.ts";
import type { ClusterTarget } from "../../agent/model/unit.ts";
import { nearest } from "../output/nearest.ts";
import type { CommandContext, RepositoryView } from "./context.ts";
import { isGlob, matchesGlob } from "./glob.ts";
import type { GlobalOptions } from "./globals.ts";
import { CliError } from "./result.ts";
import { parseSelector } from "./selector.ts";

/** The fleet at one state of the repository. */
export interface FleetView {
  readonly view: RepositoryView;
  readonly tree: Tree;
  readonly fleet: Fleet;
  readonly hasher: Hasher;
}

/** One cluster of the fleet with what it should run. */
export interface ChosenCluster {
  readonly target: ClusterTarget;
  readonly environment: string;
  readonly selection: Selection;
}

type FleetReader = Pick<CommandContext, "signal"> & {
  readonly ports: Pick<CommandContext["ports"], "hasher">;
};

/** Reads the documents. Not ok: fleet.yaml itself is missing or invalid. */
export async function readFleet(
  { ports, signal }: FleetReader,
  view: RepositoryView,
): Promise<Parsed<FleetView>> {
  const tree = await view.tree(signal);
  const root = documentPaths(tree, undefined);
  if (!root.ok) return root;
  const [file] = [...(await view.read(root.value, signal)).values()];
  const paths = documentPaths(tree, file);
  if (!paths.ok) return paths;
  const fleet = parseFleet(tree, await view.read(paths.value, signal));
  if (!fleet.ok) return fleet;
  return { ok: true, value: { view, tree, fleet: fleet.value, hasher: await ports.hasher() } };
}

type ClusterFlags = Pick<GlobalOptions, "clusters" | "selector" | "environments">;

/** The clusters that `--cluster`, `-l` and `--env` mean, by name. A name that no document has is an error, an empty glob is not. */
export function chooseClusters(view: FleetView, flags: ClusterFlags): readonly ChosenCluster[] {
  checkClusters(flags, knownClusters(view));
  return matchClusters(view, flags);
}

/** Names of all Cluster documents that can be read. */
export function knownClusters({ fleet }: Pick<FleetView, "fleet">): readonly string[] {
  return [...fleet.clusters.keys()];
}

/** Throws CliError for a `--cluster` that nobody knows. */
export function checkClusters({ clusters }: ClusterFlags, known: readonly string[]): void {
  const names = clusters.filter((name) => !isGlob(name));
  checkNames("cluster", names, known);
}

/** As chooseClusters, for a view that need not have every cluster named. */
export function matchClusters(view: FleetView, flags: ClusterFlags): readonly ChosenCluster[] {
  const { fleet, hasher } = view;
  const bySelector = flags.selector === undefined ? () => true : parseSelector(flags.selector);
  return [...knownClusters(view)]
    .sort()
    .filter((name) => isMeant(name, flags.clusters))
    .flatMap((name) => {
      const selection = selectUnits(fleet, name, hasher);
      const target = selection.cluster;
      if (target === undefined || selection.isRemoved) return [];
      const environment = environmentOf(target, fleet);
      const chosen = bySelector(target.labels) && isMeant(environment, flags.environments);
      return chosen ? [{ target, environment, selection }] : [];
    });
}

/** No pattern means all. */
export function isMeant(name: string, patterns: readonly string[]): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matchesGlob(name, pattern));
}

/** Every name must be known; else all unknown ones are named at once, with the nearest that is. */
export function checkNames(noun: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new CliError(
    unknown.map((name) => {
      const meant = nearest(name, known);
      return {
        what: `there is no ${noun} ${name}`,
        why:
          known.length === 0
            ? `the fleet has no ${noun}`
            : `known: ${[...known].sort().join(", ")}`,
        ...(meant === undefined ? {} : { next: `did you mean: ${meant}` }),
      };
    }),
  );
}

/** Every app name that the documents of these clusters tell, selected there or not. */
export function appNames(clusters: readonly ChosenCluster[]): readonly string[] {
  const names = clusters.flatMap(({ selection: { units, broken, unselected } }) =>
    [...units, ...broken, ...unselected].map(({ app }) => app),
  );
  return [...new Set(names)].sort();
}
