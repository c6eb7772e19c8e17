import type { State } from "../../agent/model/state.ts";
import { type ClusterRow, labelsText, stateCell } from "./clusters-text.ts";
import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { type Column, table } from "./table.ts";
import { ageOf, sections, shortId } from "./text.ts";
import { toYaml } from "./yaml.ts";

/** One app on one cluster: what Git says, and what the agent says. */
export interface AppRow {
  readonly app: string;
  readonly git: "selected" | "invalid" | "not selected" | "not in Git";
  /** The selector term that fails. */
  readonly why?: string;
  readonly state: State | undefined;
  readonly stage: string | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly live: string | undefined;
}

export interface ClusterView extends ClusterRow {
  readonly values: Readonly<Record<string, unknown>>;
  readonly uid: string | undefined;
  readonly units: readonly AppRow[];
}

const columns: readonly Column[] = [
  { title: "APP" },
  { title: "GIT" },
  { title: "STATE" },
  { title: "LIVE" },
  { title: "WHY", wraps: true },
];

/** Facts, values, then the apps. */
export function clusterText(view: ClusterView, nowMs: number, style: Style): string {
  const facts = [
    ["Cluster", view.name],
    ["Labels", labelsText(view.labels)],
    ["UID", view.uid ?? "bound by the first record"],
    ["Kubernetes", view.kubernetes ?? "–"],
    ["Agent", agentText(view, nowMs)],
    ...(view.suspended === undefined ? [] : [["Suspended", `until ${view.suspended}`]]),
  ];
  const lines = facts.map(([name = "", value = ""]) => `${name.padEnd(11)}${escapeLine(value)}`);
  const values = Object.keys(view.values).length === 0 ? "" : `Values\n${indented(view.values)}`;
  return sections(lines.join("\n"), values, unitTable(view.units, style));
}

function agentText({ isAsked, seenAt }: ClusterView, nowMs: number): string {
  if (!isAsked) return "not asked: no kubeconfig context leads there, or it does not answer";
  return seenAt === undefined
    ? "none has written anything here"
    : `seen ${ageOf(seenAt, nowMs)} ago`;
}

function indented(values: ClusterView["values"]): string {
  return toYaml(values).replace(/^(?=.)/gm, "  ");
}

function unitTable(units: readonly AppRow[], style: Style): string {
  const rows = units.map((unit) => [
    escapeLine(unit.app),
    unit.git,
    stateCell(unit, style),
    shortId(unit.live),
    escapeLine(whyText(unit)),
  ]);
  return rows.length === 0 ? "no app runs here\n" : table(columns, rows, style);
}

function whyText({ state, stage, reason, message, why }: AppRow): string {
  const said =
    state === undefined || state === "Synced"
      ? ""
      : `${stage}: ${reason}${message ? `, ${message}` : ""}`;
  return [why, said].filter(Boolean).join("; ");
}
