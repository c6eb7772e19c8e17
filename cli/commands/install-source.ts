import type { Report } from "../output/error.ts";
import type { CommandContext, Repository } from "./context.ts";
import { explainFailure } from "./failure.ts";
import { type FleetView, knownClusters, matchClusters } from "./fleet-view.ts";
import { usage } from "./globals.ts";
import { openFleet } from "./repository.ts";
import { CliError } from "./result.ts";

/** What the agent is to follow, and what Git has for this cluster. */
export interface InstallSource {
  /** Undefined: only the work tree's folder is known; a value of the chart must say it. */
  readonly url: string | undefined;
  readonly ref: string | undefined;
  /** How many apps the cluster gets; undefined: Git could not be read. */
  readonly apps: number | undefined;
  /** The cluster has no document: an agent would wait for it. */
  readonly unknownCluster: Report | undefined;
  readonly warnings: readonly Report[];
}

const address = /^(https?|ssh):\/\//;

/** Reads the config repository as far as it can be read from here; the agent may have a credential that we have not. */
export async function readInstallSource(
  context: CommandContext,
  cluster: string,
): Promise<InstallSource> {
  const { options, ports, cwd, signal } = context;
  const { repo, ref } = options;
  const isAddress = repo !== undefined && address.test(repo);
  let repository: Repository | undefined;
  try {
    repository = await ports.repository({ repo, ref, cwd }, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isAddress) throw error;
    const warnings = [unread(repo, error)];
    return { url: repo, ref, apps: undefined, unknownCluster: undefined, warnings };
  }
  if (repository === undefined) {
    throw usage("which config repository is the agent to follow?", "name it: --repo URL");
  }
  try {
    const fleet = await openFleet(
      context,
      (await repository.head()) ?? (await repository.newest()),
    );
    const url = [repo, repository.place].find((one) => one !== undefined && address.test(one));
    return { url, ref: ref ?? fleet.fleet.document.spec.branch, ...clusterIn(fleet, cluster) };
  } finally {
    await repository.close();
  }
}

function clusterIn(
  view: FleetView,
  cluster: string,
): Pick<InstallSource, "apps" | "unknownCluster" | "warnings"> {
  if (!knownClusters(view).includes(cluster)) {
    return { apps: 0, unknownCluster: noDocument(cluster), warnings: [] };
  }
  const wish = { clusters: [cluster], selector: undefined, environments: [] };
  const apps = matchClusters(view, wish).flatMap(({ selection }) => selection.units).length;
  return { apps, unknownCluster: undefined, warnings: apps === 0 ? [noApps(cluster)] : [] };
}

function noDocument(cluster: string): Report {
  return {
    what: `${cluster} is not in the config repository`,
    why: `no Cluster document has the name ${cluster}, so its agent would do nothing`,
    next: `holdfast clusters add ${cluster}, and merge that`,
  };
}

function noApps(cluster: string): Report {
  return {
    what: `no app selects ${cluster}`,
    next: `see why: holdfast clusters targets ${cluster}`,
  };
}

function unread(repo: string, error: unknown): Report {
  const first = error instanceof CliError ? error.reports[0] : explainFailure(error).reports[0];
  const why = first?.why ?? first?.what;
  return {
    what: `${repo} cannot be read from here, so nothing of it is checked`,
    ...(why === undefined ? {} : { why }),
    next: "a private repository needs source.auth.existingSecret: the agent's own credential",
  };
}
