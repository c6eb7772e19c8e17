import type { ObjectRef } from "../../agent/model/object.ts";
import { groupDiffs } from "../output/diff-report.ts";
import { diffText } from "../output/diff-text.ts";
import type { DriftedObject } from "../output/drift-report.ts";
import { problemReport } from "../output/error.ts";
import { escapeLine } from "../output/escape.ts";
import { sections } from "../output/text.ts";
import { ignoreFiles } from "./adopt-ignore.ts";
import { valueFiles } from "./adopt-values.ts";
import type { Adoption } from "./adoption.ts";
import type { CommandContext, Repository } from "./context.ts";
import { compareViews } from "./diff-revisions.ts";
import { findDrift } from "./find-drift.ts";
import { describeFound } from "./find-problems.ts";
import { overlay } from "./overlay.ts";
import { deliver, type Prepared, type PreparePlace, preparePlace } from "./prepare.ts";
import { withRepository } from "./repository.ts";
import { CliError, type CommandResult, text } from "./result.ts";

interface AdoptWish {
  readonly app: string;
  /** As it was named; absent: all that differ. */
  readonly object: string | undefined;
  readonly isMeant: (ref: ObjectRef) => boolean;
  readonly as: "value" | "ignore";
  readonly flags: Readonly<Record<string, unknown>>;
}

/** `drift adopt`: Git follows what runs, or stops looking at it, by a commit to review. */
export async function adoptDrift(context: CommandContext, wish: AdoptWish): Promise<CommandResult> {
  return await withRepository(context, async (repository) => {
    const place = await preparePlace(context, repository, wish.flags);
    const objects = await differing(context, repository, wish);
    if (objects.length === 0) {
      return { exitCode: 1, output: text(`Nothing of ${wish.app} differs: nothing to adopt.\n`) };
    }
    const { view } = place;
    const { app, as } = wish;
    const adoption =
      as === "value"
        ? await valueFiles(context, { view, app, objects })
        : await ignoreFiles(context, { view, app, objects });
    if (adoption.files.size > 0) {
      return await deliver(context, place, await preparedOf(context, place, { wish, adoption }));
    }
    if (adoption.left.length > 0) throw new CliError(adoption.left, 1);
    return { exitCode: 1, output: text("Git says so already: nothing to adopt.\n") };
  });
}

async function differing(
  context: CommandContext,
  repository: Repository,
  { app, isMeant }: AdoptWish,
): Promise<readonly DriftedObject[]> {
  const question = { apps: [app], withIgnored: false, isMeant };
  const { objects, unreached } = await findDrift(context, { repository, question });
  if (unreached.length > 0 && !context.options.allowPartial) throw new CliError(unreached, 3);
  return objects;
}

interface Adopting {
  readonly wish: AdoptWish;
  readonly adoption: Adoption;
}

async function preparedOf(
  context: CommandContext,
  { view }: PreparePlace,
  { wish: { app, object, as }, adoption: { files, lines, left } }: Adopting,
): Promise<Prepared> {
  const everywhere = { clusters: [], selector: undefined, environments: [] };
  const after = overlay(view, files);
  const options = { ...context.options, ...everywhere };
  const views = { before: view, after, apps: [app] };
  const { units, found } = await compareViews({ ...context, options }, views);
  const wrong = found.filter((one) => !one.isUnreached);
  if (wrong.length > 0) {
    const reports = wrong.map((one) => problemReport(one.problem, describeFound(one), one.cluster));
    throw new CliError(reports, 1);
  }
  const apps = groupDiffs(units);
  const what = object === undefined ? app : `${app} ${object}`;
  const detail = { short: false, clusters: true, full: false };
  const nothing = "no object is declared otherwise; only what counts as drift changes\n";
  return {
    kind: "DriftAdoption",
    files,
    branch: `adopt-${as}-${what}`.replace(/[^A-Za-z0-9-]+/g, "-").replace(/-+$/, ""),
    message: `${as === "value" ? "Adopt what runs" : "Ignore drift"}: ${what}\n\n${lines.join("\n")}\n`,
    facts: { app, as, changes: lines, apps },
    warnings: left,
    isIncomplete: found.length > 0,
    effect: (style) =>
      sections(
        lines.map((line) => `${escapeLine(line)}\n`).join(""),
        apps.length === 0 ? nothing : diffText(apps, detail, style),
      ),
  };
}
