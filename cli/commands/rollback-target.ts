import { selectUnits } from "../../agent/fleet/units.ts";
import { shortId } from "../output/text.ts";
import { askFleet } from "./ask-fleet.ts";
import { byChange, changesOf, entriesOf } from "./changes.ts";
import type { CommandContext, Repository, RepositoryView } from "./context.ts";
import { type FleetView, knownClusters } from "./fleet-view.ts";
import { openFleet, viewAt } from "./repository.ts";
import { CliError } from "./result.ts";

export interface RollbackTarget {
  readonly view: RepositoryView & { readonly commit: string };
  /** Why this one. */
  readonly why: string;
  /** ISO 8601: since when it was live everywhere; absent when a person named it. */
  readonly liveAt?: string;
}

export interface TargetWish {
  readonly app: string;
  /** A revision; undefined: the last change that was live on every cluster that knows it. */
  readonly to: string | undefined;
}

/** The commit to go back to. Throws CliError when nobody can tell one. */
export async function rollbackTarget(
  context: CommandContext,
  repository: Repository,
  { app, to }: TargetWish,
): Promise<RollbackTarget> {
  if (to !== undefined)
    return { view: committed(await viewAt(repository, to), to), why: "named by --to" };
  const last = await lastLive(context, await currentChanges(context, repository, app), app);
  const view = await repository.at(last.commit);
  if (view !== undefined) return { ...last, view: committed(view, last.commit) };
  throw new CliError({
    what: `${shortId(last.commit)} is not in the repository here`,
    why: "it is what the agents last had live on every cluster",
    next: "git fetch",
  });
}

function committed(view: RepositoryView, revision: string): RollbackTarget["view"] {
  if (view.commit !== undefined) return { ...view, commit: view.commit };
  throw new CliError({ what: `${revision} is no commit`, next: "name one: --to REV" });
}

/** The change ids that Git says are current: the same on every cluster, none once the app has gone. */
async function currentChanges(
  context: CommandContext,
  repository: Repository,
  app: string,
): Promise<ReadonlySet<string>> {
  const view = (await repository.head()) ?? (await repository.newest());
  const fleet: FleetView = await openFleet(context, view);
  return new Set(
    knownClusters(fleet).flatMap((cluster) =>
      selectUnits(fleet.fleet, cluster, fleet.hasher)
        .units.filter((unit) => unit.app === app)
        .map(({ changeId }) => changeId),
    ),
  );
}

type LastLive = Pick<RollbackTarget, "why" | "liveAt"> & { readonly commit: string };

async function lastLive(
  context: CommandContext,
  current: ReadonlySet<string>,
  app: string,
): Promise<LastLive> {
  const { answers, unreached } = await askFleet(context);
  const next = `name the target: holdfast rollback ${app} --to REV`;
  if (unreached.length > 0) {
    throw new CliError(
      [...unreached, { what: "what was last live everywhere is not known", next }],
      3,
    );
  }
  const older = changesOf(entriesOf(answers, app), byChange).filter(
    ({ change }) => !current.has(change),
  );
  const found = older.find(({ clusters }) => clusters.every(({ liveAt }) => liveAt !== undefined));
  if (found === undefined) {
    const why = `the agents remember ${older.length} older changes of it`;
    throw new CliError({ what: `no older change of ${app} was live everywhere`, why, next });
  }
  const liveAt = found.clusters
    .flatMap((one) => one.liveAt ?? [])
    .sort()
    .at(-1);
  const on = found.clusters.length;
  return {
    commit: found.commit,
    why: `last live on all clusters that had it (${on})`,
    ...(liveAt === undefined ? {} : { liveAt }),
  };
}
