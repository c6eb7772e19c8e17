import { groupDiffs, type UnitDiff } from "../output/diff-report.ts";
import { type DiffDetail, diffText } from "../output/diff-text.ts";
import { cliApiVersion } from "../output/document.ts";
import { problemReport, type Report } from "../output/error.ts";
import type { CommandArguments } from "./catalog.ts";
import { type CommandContext, nowText } from "./context.ts";
import { describeFound, type FoundProblem } from "./find-problems.ts";
import type { CommandResult } from "./result.ts";

export interface DiffFindings {
  readonly units: readonly UnitDiff[];
  readonly found: readonly FoundProblem[];
  /** Clusters that could not be asked. */
  readonly unreached?: readonly Report[];
  /** `main a91b044 … the work tree` or `live`. */
  readonly between: Readonly<Record<string, string>>;
  readonly warnings?: readonly Report[];
}

/** The answer of both forms of `diff`: 0 no difference, 1 some, 3 not everything could be compared. */
export function diffAnswer(
  context: CommandContext,
  { flags }: CommandArguments,
  { units, found, unreached = [], between, warnings = [] }: DiffFindings,
): CommandResult {
  const apps = groupDiffs(units);
  const isIncomplete = unreached.length > 0 || found.some((one) => one.isUnreached);
  const detail: DiffDetail = {
    short: flags.short === true,
    clusters: flags.clusters === true,
    full: flags.full === true,
  };
  const invalid = found.some((one) => !one.isUnreached);
  const generatedAt = nowText(context);
  const problems = found.map(({ problem, app, cluster }) => ({ ...problem, app, cluster }));
  return {
    exitCode: apps.length === 0 && !invalid ? 0 : 1,
    isIncomplete,
    warnings,
    reports: [
      ...found.map((one) => problemReport(one.problem, describeFound(one), one.cluster)),
      ...unreached,
    ],
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "DiffReport",
        generatedAt,
        complete: !isIncomplete,
        problems: [...problems, ...unreached],
        ...between,
        apps,
      },
      draw: (style) => (apps.length === 0 ? "no difference\n" : diffText(apps, detail, style)),
    },
  };
}
