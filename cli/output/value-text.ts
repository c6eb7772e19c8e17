import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { sections } from "./text.ts";

interface Source {
  readonly use: "used" | "merged" | "hidden" | "unmatched" | "read";
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly value: unknown;
  readonly why?: string;
}

export interface ValueText {
  readonly app: string;
  readonly cluster: string;
  readonly path: string;
  readonly value: unknown;
  readonly sources: readonly Source[];
}

/** The value, then every place that says it: the one that counts first. */
export function valueText({ app, cluster, path, value, sources }: ValueText, style: Style): string {
  const where = `${path} of ${app} on ${cluster}`;
  const columns = [
    { title: "" },
    { title: "PLACE", wraps: true },
    { title: "FIELD", wraps: true },
    { title: "VALUE", wraps: true },
  ];
  const rows = sources.map((source) =>
    [source.use, `${source.file}:${source.line}`, source.field, saidBy(source)].map(escapeLine),
  );
  return sections(
    escapeLine(value === undefined ? `${where}: nothing says it` : `${where}: ${written(value)}`),
    rows.length === 0 ? "" : table(columns, rows, style),
  );
}

function saidBy({ value, why }: Source): string {
  return why === undefined ? written(value) : `${written(value)} (${why})`;
}

function written(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
