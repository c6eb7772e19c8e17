import { relative, resolve } from "node:path";
import { cliApiVersion } from "../output/document.ts";
import { problemReport, type Report } from "../output/error.ts";
import { count } from "../output/text.ts";
import { absentDependencies } from "./absent-dependencies.ts";
import type { CommandArguments } from "./catalog.ts";
import { type CommandContext, nowText } from "./context.ts";
import { describeFound, type FoundProblem, findProblems, fleetProblems } from "./find-problems.ts";
import { chooseClusters, readFleet } from "./fleet-view.ts";
import { textFlag } from "./globals.ts";
import { renderUnits } from "./render-fleet.ts";
import { renderWarnings } from "./render-warnings.ts";
import { viewAt, withRepository } from "./repository.ts";
import type { CommandResult } from "./result.ts";

/** `holdfast validate [PATH]`: every document, every app for every cluster that it selects; offline. */
export async function validate(
  context: CommandContext,
  { positionals: [path], flags }: CommandArguments,
): Promise<CommandResult> {
  const place = resolve(context.cwd, path ?? ".");
  return await withRepository({ ...context, cwd: place }, async (repository) => {
    const view = await viewAt(repository, textFlag(flags, "rev"));
    const checked = await check(context, view);
    const { folder } = repository;
    const below = path === undefined || folder === undefined ? "" : relative(folder, place);
    const found = checked.found.filter(({ problem }) => isBelow(problem.file, below));
    return answer(context, { ...checked, found });
  });
}

interface Checked {
  readonly found: readonly FoundProblem[];
  readonly warnings: readonly Report[];
  readonly apps: number;
  readonly clusters: number;
  readonly objects: number;
}

async function check(
  context: CommandContext,
  view: Parameters<typeof readFleet>[1],
): Promise<Checked> {
  const fleet = await readFleet(context, view);
  if (!fleet.ok) {
    const found = fleetProblems(fleet.problems);
    return { found, warnings: [], apps: 0, clusters: 0, objects: 0 };
  }
  const chosen = chooseClusters(fleet.value, context.options);
  const units = chosen.flatMap(({ selection }) => selection.units);
  const rendered = await renderUnits(context, fleet.value, units);
  return {
    found: findProblems(fleet.value, chosen, rendered),
    warnings: [...absentDependencies(units), ...renderWarnings(rendered)],
    apps: new Set(units.map(({ app }) => app)).size,
    clusters: chosen.length,
    objects: rendered.reduce((sum, { desired }) => sum + desired.length, 0),
  };
}

/** A problem without a file belongs everywhere. */
function isBelow(file: string | undefined, folder: string): boolean {
  if (file === undefined || folder === "") return true;
  return file === folder || file.startsWith(`${folder}/`);
}

function answer(context: CommandContext, { found, warnings, ...counts }: Checked): CommandResult {
  const invalid = found.filter(({ isUnreached }) => !isUnreached);
  const isIncomplete = found.length > invalid.length;
  const reports = found.map((one) => problemReport(one.problem, describeFound(one), one.cluster));
  const sizes = [
    count(counts.apps, "app"),
    count(counts.clusters, "cluster"),
    count(counts.objects, "object"),
  ].join(", ");
  return {
    exitCode: invalid.length === 0 ? 0 : 1,
    isIncomplete,
    reports,
    warnings,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "ValidationReport",
        generatedAt: nowText(context),
        complete: !isIncomplete,
        valid: invalid.length === 0,
        problems: found.map(({ problem, app, cluster }) => ({ ...problem, app, cluster })),
        ...counts,
      },
      draw: () => `${verdict(invalid.length, isIncomplete)}: ${sizes}\n`,
    },
  };
}

function verdict(invalid: number, isIncomplete: boolean): string {
  if (invalid > 0) return `invalid, ${count(invalid, "problem")}`;
  return isIncomplete ? "valid as far as it could be rendered" : "valid";
}
