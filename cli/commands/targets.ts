import type { ClusterTarget, Unit } from "../../agent/model/unit.ts";
import type { Report } from "../output/error.ts";
import type { CommandContext, Contexts, Repository, RepositoryView } from "./context.ts";
import { checkNames, chooseClusters, isMeant } from "./fleet-view.ts";
import { isGlob } from "./glob.ts";
import { usage } from "./globals.ts";
import { openFleet } from "./repository.ts";
import { CliError } from "./result.ts";
import { readUserConfig, type UserConfig } from "./user-config.ts";

/** One cluster that a command means. */
export interface Member {
  readonly cluster: string;
  readonly environment: string;
  /** What Git says should run there; undefined without a repository. */
  readonly expected:
    | { readonly target: ClusterTarget; readonly units: readonly Unit[] }
    | undefined;
}

/** One cluster to ask, and by which kubeconfig context. */
export interface Target extends Member {
  readonly context: string;
}

/** The clusters that a command means; `members` undefined: there is no repository that says which there are. */
export interface Members {
  readonly members: readonly Member[] | undefined;
  readonly source: Targets["source"];
}

export interface Targets {
  readonly targets: readonly Target[];
  /** Clusters that no context leads to. */
  readonly unreached: readonly Report[];
  /** Absent without a repository. */
  readonly source:
    | { readonly place: string; readonly ref: string; readonly view: RepositoryView }
    | undefined;
}

/** Which clusters a command asks: those of the fleet if there is a repository, else contexts (cli.md §1). */
export async function findTargets(context: CommandContext): Promise<Targets> {
  const { options, ports, cwd, signal } = context;
  const config = await readUserConfig(context);
  const contexts = await ports.contexts(options.kubeconfig);
  const wish = { repo: options.repo, ref: options.ref, cwd };
  const repository = await ports.repository(wish, signal);
  if (repository === undefined) return withoutFleet(context, config, contexts);
  try {
    return await fromFleet(context, { config, contexts, repository });
  } finally {
    await repository.close();
  }
}

/** As findTargets, for an answer that needs no way to the clusters. */
export async function findMembers(context: CommandContext): Promise<Members> {
  const { options, ports, cwd, signal } = context;
  const wish = { repo: options.repo, ref: options.ref, cwd };
  const repository = await ports.repository(wish, signal);
  if (repository === undefined) {
    refuseFleetFlags(options);
    return { members: undefined, source: undefined };
  }
  try {
    return await membersOf(context, repository);
  } finally {
    await repository.close();
  }
}

async function membersOf(
  context: CommandContext,
  repository: Repository,
): Promise<Members & { readonly members: readonly Member[] }> {
  const view = (await repository.head()) ?? (await repository.newest());
  const chosen = chooseClusters(await openFleet(context, view), context.options);
  const members = chosen.map(({ target, environment, selection }) => ({
    cluster: target.name,
    environment,
    expected: { target, units: selection.units },
  }));
  return { members, source: { place: repository.place, ref: repository.ref, view } };
}

interface Known {
  readonly config: UserConfig;
  readonly contexts: Contexts;
  readonly repository: Repository;
}

async function fromFleet(
  context: CommandContext,
  { config, contexts, repository }: Known,
): Promise<Targets> {
  const { options } = context;
  const { members, source } = await membersOf(context, repository);
  if (options.kubeContext !== undefined && members.length !== 1) {
    throw usage(`--context is for one cluster, not ${members.length}`, "name it: --cluster NAME");
  }
  const found = members.map((member) => ({
    ...member,
    context: options.kubeContext ?? contextFor(member.cluster, config, contexts),
  }));
  return {
    targets: found.flatMap((one) =>
      one.context === undefined ? [] : [{ ...one, context: one.context }],
    ),
    unreached: found.flatMap((one) => (one.context === undefined ? [noContext(one.cluster)] : [])),
    source,
  };
}

function contextFor(
  cluster: string,
  { contexts }: UserConfig,
  { names }: Contexts,
): string | undefined {
  return contexts.get(cluster) ?? (names.includes(cluster) ? cluster : undefined);
}

function noContext(cluster: string): Report {
  return {
    what: `${cluster} cannot be asked`,
    why: "the kubeconfig has no context of that name, and none is mapped to it",
    next: `add "contexts: { ${cluster}: CONTEXT }" to ~/.config/holdfast/config.yaml`,
  };
}

/** Without a repository nobody but the caller says which contexts are meant; else it is the current one alone. */
function withoutFleet(
  { options }: CommandContext,
  config: UserConfig,
  { names, current }: Contexts,
): Targets {
  refuseFleetFlags(options);
  const named = new Map([
    ...names.map((name): [string, string] => [name, name]),
    ...config.contexts,
  ]);
  const wanted = wantedClusters(options, { named, current });
  const targets = wanted.map(({ cluster, context }) => ({
    cluster,
    context,
    environment: "",
    expected: undefined,
  }));
  return { targets, unreached: [], source: undefined };
}

function refuseFleetFlags({ selector, environments }: CommandContext["options"]): void {
  if (selector === undefined && environments.length === 0) return;
  throw usage("-l and --env need the config repository", "run it there, or name it: --repo URL");
}

type Wish = Pick<CommandContext["options"], "clusters" | "kubeContext">;

function wantedClusters(
  { clusters, kubeContext }: Wish,
  {
    named,
    current,
  }: { readonly named: ReadonlyMap<string, string>; readonly current: string | undefined },
): readonly { readonly cluster: string; readonly context: string }[] {
  if (kubeContext !== undefined) {
    return [{ cluster: clusters[0] ?? kubeContext, context: kubeContext }];
  }
  if (clusters.length === 0) {
    if (current !== undefined) return [{ cluster: current, context: current }];
    throw new CliError({
      what: "there is nothing to ask",
      why: "no config repository here, and the kubeconfig has no current context",
      next: "run it in the repository, or name one: --repo URL, --context NAME",
    });
  }
  checkNames(
    "context",
    clusters.filter((name) => !isGlob(name)),
    [...named.keys()],
  );
  return [...named].flatMap(([cluster, context]) =>
    isMeant(cluster, clusters) ? [{ cluster, context }] : [],
  );
}
