import type { State } from "../../agent/model/state.ts";
import { escapeLine } from "./escape.ts";
import { paintState, type Style, stateWord } from "./style.ts";
import { type Cell, type Column, table } from "./table.ts";
import { ageOf, listNames } from "./text.ts";

/** One cluster, by Git and by its agent. */
export interface ClusterRow {
  readonly name: string;
  readonly environment: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Version, where a status record tells it. */
  readonly agent: string | undefined;
  /** As served; offline as its document says. */
  readonly kubernetes: string | undefined;
  readonly isAsked: boolean;
  /** ISO 8601: the agent's last sign of life. */
  readonly seenAt: string | undefined;
  readonly apps: number;
  /** Apps whose documents are broken. */
  readonly broken: number;
  /** The worst of its units; undefined: no agent says anything. */
  readonly state: State | undefined;
  readonly worst: readonly string[];
  /** Until when nothing is applied there. */
  readonly suspended: string | undefined;
}

const columns: readonly Column[] = [
  { title: "CLUSTER" },
  { title: "LABELS", wraps: true },
  { title: "AGENT" },
  { title: "K8S" },
  { title: "SEEN", align: "right" },
  { title: "APPS", align: "right" },
  { title: "STATE" },
  { title: "WHY", wraps: true },
];

/** One line per cluster. */
export function clustersText(rows: readonly ClusterRow[], nowMs: number, style: Style): string {
  const cells = rows.map((row) => [
    escapeLine(row.name),
    escapeLine(labelsText(row.labels)),
    escapeLine(row.agent ?? "–"),
    escapeLine(row.kubernetes ?? "–"),
    ageOf(row.seenAt, nowMs),
    String(row.apps),
    stateCell(row, style),
    escapeLine(whyText(row)),
  ]);
  return table(columns, cells, style);
}

/** `env=prod region=eu` */
export function labelsText(labels: ClusterRow["labels"]): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}

/** Glyph and word of a state; `–` where nobody says one. */
export function stateCell({ state }: { readonly state: State | undefined }, style: Style): Cell {
  if (state === undefined) return "–";
  return { text: stateWord(state, style), paint: paintState(state, style) };
}

function whyText({ isAsked, state, worst, broken, suspended }: ClusterRow): string {
  const parts = [
    isAsked ? "" : "not asked",
    isAsked && state === undefined ? "no agent has written anything here" : "",
    listNames(worst),
    broken === 0 ? "" : `${broken} invalid in Git`,
    suspended === undefined ? "" : `suspended until ${suspended}`,
  ];
  return parts.filter((part) => part !== "").join("; ");
}
