import { escapeText } from "./escape.ts";
import { toYaml } from "./yaml.ts";

export interface ValueLine {
  readonly sign: "-" | "+" | " ";
  readonly text: string;
}

/** Lines of context around what differs in a long text. */
const context = 2;

/** Old and new value as lines; of two texts of several lines only what differs, with a little around it. */
export function valueLines(before: unknown, after: unknown): readonly ValueLine[] {
  const old = linesOf(before);
  const fresh = linesOf(after);
  if (old.length < 2 || fresh.length < 2) return [...signed("-", old), ...signed("+", fresh)];
  const start = commonLength(old, fresh);
  const rest = { old: old.slice(start), fresh: fresh.slice(start) };
  const end = commonLength([...rest.old].reverse(), [...rest.fresh].reverse());
  return [
    ...around(old.slice(0, start), "before"),
    ...signed("-", rest.old.slice(0, rest.old.length - end)),
    ...signed("+", rest.fresh.slice(0, rest.fresh.length - end)),
    ...around(rest.old.slice(rest.old.length - end), "after"),
  ];
}

function linesOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  const text = typeof value === "string" ? value : toYaml(value);
  return escapeText(text.replace(/\n$/, "")).split("\n");
}

function signed(sign: ValueLine["sign"], lines: readonly string[]): readonly ValueLine[] {
  return lines.map((text) => ({ sign, text }));
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  const differs = a.findIndex((line, index) => line !== b[index]);
  return differs === -1 ? Math.min(a.length, b.length) : differs;
}

function around(lines: readonly string[], side: "before" | "after"): readonly ValueLine[] {
  if (lines.length <= context) return signed(" ", lines);
  const more: ValueLine = { sign: " ", text: "…" };
  return side === "before"
    ? [more, ...signed(" ", lines.slice(-context))]
    : [...signed(" ", lines.slice(0, context)), more];
}
