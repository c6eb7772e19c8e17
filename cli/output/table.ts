import type { Style } from "./style.ts";
import { cut, displayWidth, pad, wrap } from "./width.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Paths and messages: never cut, wrapped as the last resort. */
  readonly wraps?: boolean;
  /** Only with `-o wide`. */
  readonly wide?: boolean;
}

/** A cell: its text, already escaped, and how to paint it once it has been cut. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

const gap = "  ";
/** A column is not made narrower than this: what is shorter gains nothing from being cut. */
const narrowest = 12;
const narrowestWrapped = 20;

interface Drawn {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Rows below titles, without borders. Columns shrink from the right, paths and messages wrap last. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  style: Style,
): string {
  const drawn = visible({ columns, rows }, style);
  const widths = columnWidths(drawn, style);
  const lines = drawn.rows.flatMap((row) => drawRow(row, drawn.columns, widths));
  if (!style.headers) return join(lines);
  const titles = drawn.columns.map(({ title }) => ({ text: title, paint: style.colours.dim }));
  return join([...drawRow(titles, drawn.columns, widths), ...lines]);
}

function join(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function visible({ columns, rows }: Drawn, { wide }: Style): Drawn {
  const shown = columns.map((column) => wide || column.wide !== true);
  return {
    columns: columns.filter((_column, index) => shown[index]),
    rows: rows.map((row) => row.filter((_cell, index) => shown[index])),
  };
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

function columnWidths({ columns, rows }: Drawn, { width, headers }: Style): readonly number[] {
  const natural = columns.map(({ title }, index) =>
    Math.max(
      headers ? displayWidth(title) : 0,
      ...rows.map((row) => displayWidth(textOf(row[index] ?? ""))),
    ),
  );
  if (width === undefined) return natural;
  const available = width - gap.length * (columns.length - 1);
  const shrunk = shrink(natural, available, (index) =>
    columns[index]?.wraps === true ? Number.POSITIVE_INFINITY : narrowest,
  );
  return shrink(shrunk, available, (index) =>
    columns[index]?.wraps === true ? narrowestWrapped : Number.POSITIVE_INFINITY,
  );
}

function shrink(
  widths: readonly number[],
  available: number,
  least: (index: number) => number,
): readonly number[] {
  const result = [...widths];
  let excess = result.reduce((sum, width) => sum + width, 0) - available;
  for (let index = result.length - 1; index >= 0 && excess > 0; index--) {
    const width = result[index] ?? 0;
    const taken = Math.min(excess, Math.max(0, width - least(index)));
    result[index] = width - taken;
    excess -= taken;
  }
  return result;
}

function drawRow(
  row: readonly Cell[],
  columns: readonly Column[],
  widths: readonly number[],
): readonly string[] {
  const cells = columns.map((column, index) =>
    drawCell(row[index] ?? "", column, widths[index] ?? 0),
  );
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_none, line) =>
    cells
      .map((lines, index) => lines[line] ?? " ".repeat(widths[index] ?? 0))
      .join(gap)
      .trimEnd(),
  );
}

function drawCell(cell: Cell, { align, wraps }: Column, width: number): readonly string[] {
  const text = textOf(cell);
  const paint = typeof cell === "string" ? (line: string) => line : cell.paint;
  const lines = wraps === true ? wrap(text, Math.max(1, width)) : [cut(text, width)];
  return lines.map((line) => {
    const filled = pad(line, width, align === "right" ? "left" : "right");
    return line === "" ? filled : filled.replace(line, () => paint(line));
  });
}
