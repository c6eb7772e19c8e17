import { selectUnits } from "../../agent/fleet/units.ts";
import { groupDiffs } from "../output/diff-report.ts";
import { diffText } from "../output/diff-text.ts";
import { problemReport } from "../output/error.ts";
import { escapeLine } from "../output/escape.ts";
import type { Style } from "../output/style.ts";
import { sections } from "../output/text.ts";
import type { CommandContext, NewBranch, RepositoryView } from "./context.ts";
import { compareViews } from "./diff-revisions.ts";
import { describeFound } from "./find-problems.ts";
import { type FleetView, readFleet } from "./fleet-view.ts";
import { overlay } from "./overlay.ts";
import type { Prepared } from "./prepare.ts";
import { CliError } from "./result.ts";

export interface ClusterEdit {
  readonly view: RepositoryView;
  readonly files: NewBranch["files"];
  readonly cluster: string;
}

type Effect = Pick<Prepared, "effect" | "facts" | "warnings" | "isIncomplete">;

/** Which apps come, go and change when the files of a cluster do. Throws CliError when the result would be invalid. */
export async function effectOn(
  context: CommandContext,
  { view, files, cluster }: ClusterEdit,
): Promise<Effect> {
  const after = overlay(view, files);
  await refuseInvalid(context, after, files);
  const [old, fresh] = [
    await appsOn(context, view, cluster),
    await appsOn(context, after, cluster),
  ];
  const options = {
    ...context.options,
    clusters: [cluster],
    selector: undefined,
    environments: [],
  };
  const here = { ...context, options };
  const { units, found } = await compareViews(here, { before: view, after, apps: [] });
  const apps = groupDiffs(units);
  const comes = fresh.filter((app) => !old.includes(app));
  const goes = old.filter((app) => !fresh.includes(app));
  const stays = fresh.filter((app) => old.includes(app));
  const detail = { short: false, clusters: true, full: false };
  const lines = (word: string, names: readonly string[]) =>
    names.length === 0 ? "" : `${word}  ${names.map(escapeLine).join(", ")}\n`;
  return {
    facts: { cluster, comes, goes, stays, apps },
    warnings: found.map((one) => problemReport(one.problem, describeFound(one), one.cluster)),
    isIncomplete: found.some(({ isUnreached }) => isUnreached),
    effect: (style: Style) =>
      sections(
        `${escapeLine(cluster)}\n${lines("COMES ", comes)}${lines("GOES  ", goes)}${lines("STAYS ", stays)}`,
        apps.length === 0 ? "no object differs\n" : diffText(apps, detail, style),
      ),
  };
}

/** The edit must leave documents that can be read. */
async function refuseInvalid(
  context: CommandContext,
  after: RepositoryView,
  files: ClusterEdit["files"],
): Promise<void> {
  const { fleet } = await fleetOf(context, after);
  const wrong = fleet.problems.filter(({ file }) => file !== undefined && files.has(file));
  if (wrong.length === 0) return;
  throw new CliError(
    wrong.map((problem) => problemReport(problem, "the change is invalid")),
    1,
  );
}

async function appsOn(
  context: CommandContext,
  view: RepositoryView,
  cluster: string,
): Promise<readonly string[]> {
  const { fleet, hasher } = await fleetOf(context, view);
  return selectUnits(fleet, cluster, hasher).units.map(({ app }) => app);
}

async function fleetOf(context: CommandContext, view: RepositoryView): Promise<FleetView> {
  const read = await readFleet(context, view);
  if (read.ok) return read.value;
  throw new CliError(
    read.problems.map((problem) => problemReport(problem, "the fleet cannot be read")),
  );
}
