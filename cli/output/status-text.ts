import { needsAttention } from "../../agent/model/state.ts";
import type { ReportSource, ReportUnit, StatusReport } from "../../agent/server/report-types.ts";
import { escapeLine } from "./escape.ts";
import { paintState, type Style, stateWord } from "./style.ts";
import { type Cell, type Column, table } from "./table.ts";
import { age, ageOf, count, sections, shortId } from "./text.ts";

export interface StatusView {
  /** Only what the caller asked for. */
  readonly report: StatusReport;
  readonly nowMs: number;
  /** How many clusters were asked, and how many answered. */
  readonly asked: number;
  readonly from: "records" | "clusters";
  /** Every unit, not only those that need attention. */
  readonly all: boolean;
}

/** What needs attention, then the fleet by environment (cli.md §3). */
export function statusText(view: StatusView, style: Style): string {
  const { report, all } = view;
  const attention = report.units.filter(({ state }) => needsAttention(state));
  const shown = all ? report.units : attention;
  const title = all ? "UNITS" : "NEEDS ATTENTION";
  return sections(
    `${sourceLine(view)}\n${summaryLine(view)}`,
    shown.length === 0 ? "" : `${style.colours.bold(title)}\n${unitTable(shown, view, style)}`,
    environmentTable(view, style),
  );
}

function sourceLine(view: StatusView): string {
  const { report, nowMs, asked, from } = view;
  const { source, clusters, units } = report;
  const words = commitWords(source, nowMs);
  if (from === "records") {
    const oldest = oldestOf(clusters.map(({ asOf }) => asOf));
    const old = oldest === undefined ? "" : `, oldest ${age(nowMs - oldest)}`;
    return [...words, `${clusters.length} of ${count(asked, "record")}${old}`].join("  ");
  }
  const oldest = oldestOf(units.map(({ comparedAt }) => comparedAt));
  const compare = oldest === undefined ? "" : `, oldest compare ${age(nowMs - oldest)} ago`;
  const answered = `${clusters.length} of ${count(asked, "cluster")} answered${compare}`;
  return [...words, answered].join("  ");
}

function oldestOf(times: readonly (string | undefined)[]): number | undefined {
  return times
    .map((time) => Date.parse(time ?? ""))
    .filter((time) => !Number.isNaN(time))
    .sort((a, b) => a - b)[0];
}

function commitWords(source: ReportSource, nowMs: number): readonly string[] {
  const { url, ref, commit, title, author, committedAt } = source;
  const place = url === "" ? [] : [escapeLine(ref === "" ? url : `${url}@${ref}`)];
  if (commit === undefined) return place;
  const who =
    author === undefined
      ? []
      : [`${escapeLine(author.replace(/ *<[^<>]*>$/, ""))}, ${ageOf(committedAt, nowMs)} ago`];
  const what = title === undefined ? [] : [`"${escapeLine(title)}"`];
  return [...place, shortId(commit), ...what, ...who];
}

/** What is suspended or differs does not run what it should, although its commit is live (product: status fails loud). */
function summaryLine({ report: { clusters, units } }: StatusView): string {
  const drifted = units.filter(({ objects }) => objects.drifted > 0);
  const suspended = units.filter(({ state }) => state === "Suspended");
  const others = new Set([...drifted, ...suspended].map(({ cluster }) => cluster));
  const fine = clusters.filter((one) => one.converged === one.units && !others.has(one.name));
  const attention = units.filter(({ state }) => needsAttention(state)).length;
  const silent = new Set(
    units.filter(({ reason }) => reason === "AgentSilent").map(({ cluster }) => cluster),
  ).size;
  return [
    `${fine.length} of ${count(clusters.length, "cluster")} run what they should`,
    attention === 1 ? "1 unit needs attention" : `${attention} units need attention`,
    ...(drifted.length > 0 ? [`${drifted.length} drifted`] : []),
    ...(suspended.length > 0 ? [`${suspended.length} suspended`] : []),
    `${silent} silent`,
  ].join(" · ");
}

const unitColumns: readonly Column[] = [
  { title: "CLUSTER" },
  { title: "APP" },
  { title: "STATE" },
  { title: "SINCE", align: "right" },
  { title: "LIVE" },
  { title: "WANT" },
  { title: "OBJECTS", align: "right", wide: true },
  { title: "COMPARED", align: "right", wide: true },
  { title: "WHY", wraps: true },
];

function unitTable(units: readonly ReportUnit[], { nowMs }: StatusView, style: Style): string {
  const rows = units.map((unit): readonly Cell[] => [
    escapeLine(unit.cluster),
    escapeLine(unit.app),
    stateCell(unit, style),
    ageOf(unit.since, nowMs),
    shortId(unit.live),
    shortId(unit.desired),
    String(unit.objects.managed),
    ageOf(unit.comparedAt, nowMs),
    whyOf(unit),
  ]);
  return table(unitColumns, rows, style);
}

function stateCell({ state }: ReportUnit, style: Style): Cell {
  return { text: stateWord(state, style), paint: paintState(state, style) };
}

function whyOf({ state, stage, reason, message, held, drift, leftovers }: ReportUnit): string {
  if (state === "Synced") return leftText(leftovers);
  const plan = held?.plan === undefined ? "" : ` (plan ${held.plan})`;
  const fields = drift.flatMap(({ object, fields: differing, action }) =>
    differing.slice(0, 1).map(({ path, manager }) => {
      const by = manager === undefined ? "" : ` by ${manager}`;
      return `${object.kind} ${object.name} ${path}${by}, ${action}`;
    }),
  );
  const what = message === "" ? fields.slice(0, 1).join("") : message;
  return escapeLine(`${stage}: ${reason}${what === "" ? "" : `, ${what}`}${plan}`);
}

/** A-27: no trouble, yet worth a look: fields that others left and that an accept drops. */
function leftText(leftovers: ReportUnit["leftovers"]): string {
  if (leftovers?.plan === undefined) return "";
  return escapeLine(`leftovers on ${count(leftovers.count, "object")} (plan ${leftovers.plan})`);
}

const environmentColumns: readonly Column[] = [
  { title: "ENVIRONMENT" },
  { title: "CLUSTERS", align: "right" },
  { title: "CONVERGED", align: "right" },
  { title: "", align: "right" },
  { title: "DRIFTED", align: "right" },
  { title: "OLDEST WAITING", align: "right" },
];

function environmentTable({ report, nowMs }: StatusView, style: Style): string {
  const groups = Map.groupBy(report.clusters, ({ environment }) => environment ?? "");
  const rows = [...groups].map(([environment, clusters]): readonly Cell[] => {
    const names = new Set(clusters.map(({ name }) => name));
    const units = report.units.filter(({ cluster }) => names.has(cluster));
    const converged = clusters.filter((one) => one.converged === one.units).length;
    return [
      environment === "" ? "–" : escapeLine(environment),
      String(clusters.length),
      String(converged),
      `${Math.floor((converged / clusters.length) * 100)} %`,
      String(units.filter(({ objects }) => objects.drifted > 0).length),
      oldestWaiting(units, nowMs),
    ];
  });
  return rows.length === 0 ? "" : table(environmentColumns, rows, style);
}

function oldestWaiting(units: readonly ReportUnit[], nowMs: number): string {
  const waiting = units.flatMap(({ pending, desired, live, since }) =>
    desired === live ? [] : [pending?.since ?? since],
  );
  return ageOf(waiting.sort()[0], nowMs);
}

/** The next commands for what is worst, at most three. */
export function nextCommands(units: readonly ReportUnit[]): readonly string[] {
  const lines = units
    .filter(({ state }) => needsAttention(state))
    .map(({ app, cluster, held, next }) =>
      held?.plan === undefined
        ? `${app} on ${cluster}: ${next}`
        : `holdfast accept ${app} --cluster ${cluster}`,
    );
  return [...new Set(lines)].slice(0, 3).map(escapeLine);
}
