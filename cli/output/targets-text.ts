import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { type Column, table } from "./table.ts";
import { count } from "./text.ts";

/** One app and one cluster: together, or why not. */
export interface TargetRow {
  readonly app: string;
  readonly cluster: string;
  readonly environment: string;
  readonly selected: boolean;
  readonly rollout: string | undefined;
  /** The first selector term that fails, with what the cluster has. */
  readonly why: string | undefined;
}

/** Those that get it first, then those that do not, with the failing term. */
export function targetsText(
  rows: readonly TargetRow[],
  of: "app" | "cluster",
  style: Style,
): string {
  const noun = of === "app" ? "cluster" : "app";
  const columns: readonly Column[] = [
    { title: noun.toUpperCase() },
    { title: "GETS IT" },
    { title: "ROLLOUT", wide: true },
    { title: "WHY NOT", wraps: true },
  ];
  const sorted = [...rows.filter((row) => row.selected), ...rows.filter((row) => !row.selected)];
  const cells = sorted.map((row) => [
    escapeLine(row[noun]),
    row.selected ? "yes" : "no",
    escapeLine(row.rollout ?? "–"),
    escapeLine(row.why ?? ""),
  ]);
  const chosen = rows.filter(({ selected }) => selected).length;
  return `${chosen} of ${count(rows.length, noun)}\n${table(columns, cells, style)}`;
}
