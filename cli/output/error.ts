import { type Problem, placeOf } from "../../agent/model/problem.ts";
import { type Reason, reasonInfo } from "../../agent/model/reason.ts";
import { escapeLine, escapeText } from "./escape.ts";
import type { Style } from "./style.ts";
import { count } from "./text.ts";

/** An error in four parts: what failed, where, why in the server's own words, what to do (cli.md §1). */
export interface Report {
  readonly what: string;
  readonly where?: string;
  readonly why?: string;
  readonly next?: string;
  readonly reason?: Reason;
  /** Clusters for which the very same holds; named in `what` when they are grouped. */
  readonly cluster?: string;
}

/** Equal reports of several clusters become one that names the first and counts the others. */
export function groupReports(reports: readonly Report[]): readonly Report[] {
  const groups = Map.groupBy(reports, groupKey);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [merged(first, clustersOf(group))];
  });
}

/** Words that differ in nothing but the name of the cluster are equal. */
function groupKey({ what, where, why, next, reason, cluster }: Report): string {
  const nameless = (text: string | undefined) =>
    cluster === undefined ? text : text?.replaceAll(cluster, "\0");
  return JSON.stringify([
    what,
    where,
    nameless(why),
    nameless(next),
    reason,
    cluster === undefined,
  ]);
}

function clustersOf(reports: readonly Report[]): readonly string[] {
  return [...new Set(reports.flatMap(({ cluster }) => cluster ?? []))];
}

function merged({ cluster: _named, ...report }: Report, clusters: readonly string[]): Report {
  const [first, ...others] = clusters;
  if (first === undefined) return report;
  const more = others.length === 0 ? "" : ` (and ${count(others.length, "more cluster")})`;
  return { ...report, what: `${report.what} for ${first}${more}` };
}

/** All errors at once, grouped, an empty line between them. Ends with a line break unless there is none. */
export function errorText(reports: readonly Report[], style: Style, level = "error"): string {
  return groupReports(reports)
    .map((report) => oneError(report, style, level))
    .join("\n");
}

function oneError(report: Report, { colours }: Style, level: string): string {
  const paint = level === "error" ? colours.red : colours.yellow;
  const part = (name: string, text: string | undefined): readonly string[] =>
    text === undefined || text === "" ? [] : [`  ${colours.dim(name.padEnd(6))} ${text}`];
  const page =
    report.reason === undefined ? "" : `      ${colours.dim(`reasons/${report.reason}`)}`;
  const next = report.next === undefined ? undefined : escapeLine(report.next) + page;
  const lines = [
    `${paint(`${level}:`)} ${escapeLine(report.what)}`,
    ...part("where", report.where && escapeLine(report.where)),
    ...part("why", report.why && indented(report.why)),
    ...part("next", next),
  ];
  return `${lines.join("\n")}\n`;
}

/** Words of several lines stay below each other. */
function indented(text: string): string {
  return escapeText(text.trimEnd()).replaceAll("\n", `\n${" ".repeat(9)}`);
}

/** A problem of the agent as a report; `what` says whose problem it is. */
export function problemReport(problem: Problem, what: string, cluster?: string): Report {
  const where = [placeOf(problem), problem.field ?? ""].filter((part) => part !== "").join("  ");
  return {
    what,
    ...(where === "" ? {} : { where }),
    why: problem.message,
    next: problem.next ?? reasonInfo(problem.reason).next,
    reason: problem.reason,
    ...(cluster === undefined ? {} : { cluster }),
  };
}
