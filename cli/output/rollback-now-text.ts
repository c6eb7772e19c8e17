import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { type Column, table } from "./table.ts";
import { ageOf, shortId } from "./text.ts";

/** What one cluster would do, or did, when its agent goes back. */
export interface RollbackNowRow {
  readonly cluster: string;
  /** The commit that Git asks for there. */
  readonly from: string | undefined;
  /** That of the kept render. */
  readonly to?: string;
  /** ISO 8601: since when that was healthy there. */
  readonly healthyAt?: string;
  readonly note: string;
}

const columns: readonly Column[] = [
  { title: "CLUSTER" },
  { title: "NOW" },
  { title: "TO" },
  { title: "HEALTHY", align: "right" },
  { title: "NOTE", wraps: true },
];

/** One line per cluster. */
export function rollbackNowText(
  rows: readonly RollbackNowRow[],
  nowMs: number,
  style: Style,
): string {
  const cells = rows.map(({ cluster, from, to, healthyAt, note }) => [
    escapeLine(cluster),
    from === undefined ? "?" : shortId(from),
    to === undefined ? "-" : shortId(to),
    healthyAt === undefined ? "" : `${ageOf(healthyAt, nowMs)} ago`,
    escapeLine(note),
  ]);
  return table(columns, cells, style);
}
