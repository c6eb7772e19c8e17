import { selectUnits } from "../../agent/fleet/units.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { wasLive } from "../../agent/status/history.ts";
import type { CommandContext, Repository, RepositoryView } from "./context.ts";
import { type FleetView, knownClusters, readFleet } from "./fleet-view.ts";
import { viewAt } from "./repository.ts";
import { CliError } from "./result.ts";

/** The commit that somebody waits for or asks about, with what it makes of each unit. */
export interface Wanted {
  readonly commit: string;
  readonly view: RepositoryView;
  /** undefined: the fleet cannot be read at that commit. */
  readonly fleet: FleetView | undefined;
  /** Change id of a unit at that commit; undefined: not selected or invalid there. */
  changeOf(app: string, cluster: string): string | undefined;
  /** Whether a commit that an agent names is this one or has it in its history; false also where that cannot be known. */
  isIn(commit: string | undefined): Promise<boolean>;
}

/** Of `--rev`, else of what is checked out or the tip of the branch. */
export async function wantedCommit(
  context: Pick<CommandContext, "ports" | "signal">,
  repository: Repository,
  revision: string | undefined,
): Promise<Wanted> {
  const view =
    revision === undefined ? await repository.head() : await viewAt(repository, revision);
  const commit = view?.commit;
  if (view === undefined || commit === undefined) {
    throw new CliError({
      what: "there is no commit yet",
      where: repository.place,
      next: "name one: --rev REV",
    });
  }
  const read = await readFleet(context, view);
  const fleet = read.ok ? read.value : undefined;
  const changes = fleet === undefined ? new Map<string, string>() : changeIds(fleet);
  return {
    commit,
    view,
    fleet,
    changeOf: (app, cluster) => changes.get(key(app, cluster)),
    isIn: async (other) =>
      other !== undefined &&
      (other === commit || (await repository.contains(other, commit)) === true),
  };
}

function key(app: string, cluster: string): string {
  return `${cluster}/${app}`;
}

function changeIds(view: FleetView): Map<string, string> {
  return new Map(
    knownClusters(view).flatMap((cluster) =>
      selectUnits(view.fleet, cluster, view.hasher).units.map(
        ({ app, changeId }): [string, string] => [key(app, cluster), changeId],
      ),
    ),
  );
}

/**
 * Whether what the commit makes of a unit is live there: the live revision holds the commit, or nothing of the unit has
 * changed between the two, so that the agent had nothing to do.
 */
export async function isLiveOn(wanted: Wanted, status: UnitStatus): Promise<boolean> {
  const { app, cluster, revisions, changeId } = status;
  if (await wanted.isIn(revisions.live?.commit)) return true;
  const change = wanted.changeOf(app, cluster);
  if (change === undefined || change !== changeId) return false;
  return wasLive(status, change) && revisions.live?.commit === revisions.attempted?.commit;
}
