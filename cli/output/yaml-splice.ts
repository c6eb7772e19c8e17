import { isCollection, isNode, isScalar, type Pair, type YAMLMap, type YAMLSeq } from "yaml";

/** A piece of text in place of another: `from` up to `to`. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** How a value is written below its key, each line of it beginning at the margin; and on one line. */
export interface Written {
  readonly block: string;
  readonly flow: string;
}

type Position = readonly [start: number, end: number];

function positionOf(node: unknown): Position | undefined {
  if (!isNode(node) || node.range === null || node.range === undefined) return undefined;
  return [node.range[0], node.range[1]];
}

/** A new key at the end of a map. */
export function insertion(
  file: string,
  map: YAMLMap,
  { block, flow }: Written,
): Splice | undefined {
  const at = positionOf(map);
  const [first, last] = [map.items[0], map.items.at(-1)];
  if (at === undefined) return undefined;
  if (map.flow === true) {
    const end = endOf(last);
    if (end === undefined) return { from: at[0], to: at[1], text: `{ ${flow} }` };
    return { from: end, to: end, text: `, ${flow}` };
  }
  const start = startOf(first);
  if (start === undefined) return undefined;
  const margin = " ".repeat(start - lineStart(file, start));
  const end = contentEnd(file, at);
  return {
    from: end,
    to: end,
    text: `${isLineEnd(file, end) ? "" : "\n"}${indented(block, margin)}`,
  };
}

/** A pair of a map taken out, with its lines. */
export function removal(file: string, map: YAMLMap, key: string): Splice | undefined {
  const index = map.items.findIndex((pair) => keyText(pair) === key);
  const [start, end] = [startOf(map.items[index]), endOf(map.items[index])];
  if (start === undefined || end === undefined) return undefined;
  if (map.flow === true) return removalInLine(map, index);
  const to = contentEnd(file, [start, end]);
  if (map.items.length === 1) return { from: start, to, text: "{}\n" };
  const from = lineStart(file, start);
  const isAlone = file.slice(from, start).trim() === "";
  if (isAlone) return { from, to, text: "" };
  const next = index === 0 ? startOf(map.items[1]) : undefined; // behind the dash of a list
  return next === undefined ? undefined : { from: start, to: next, text: "" };
}

/** An item of a list below its key taken out, with its lines. */
export function itemRemoval(file: string, list: YAMLSeq, index: number): Splice | undefined {
  const at = positionOf(list.items[index]);
  if (at === undefined || list.flow === true || list.items.length === 1) return undefined;
  const from = lineStart(file, at[0]);
  const isAlone = /^ *- +$/.test(file.slice(from, at[0]));
  return isAlone ? { from, to: contentEnd(file, at), text: "" } : undefined;
}

/** With the comma before it, or after the first. */
function removalInLine(map: YAMLMap, index: number): Splice | undefined {
  const whole = positionOf(map);
  if (map.items.length === 1) return whole && { from: whole[0], to: whole[1], text: "{}" };
  const from = endOf(map.items[index - 1]) ?? startOf(map.items[index]);
  const to = index === 0 ? startOf(map.items[1]) : endOf(map.items[index]);
  return from === undefined || to === undefined ? undefined : { from, to, text: "" };
}

/** Another value in place of one: on its line, or on the lines below its key. */
export function replacement(
  file: string,
  before: unknown,
  { block, flow }: Written,
): Splice | undefined {
  const at = positionOf(before);
  if (at === undefined || at[0] === at[1] || hasAnchor(before)) return undefined;
  if (isScalar(before) && /^[|>]/.test(file.slice(at[0])))
    return inPlaceOfText(file, at, { block, flow });
  if (!isCollection(before) || before.flow === true) return { from: at[0], to: at[1], text: flow };
  const margin = " ".repeat(at[0] - lineStart(file, at[0]));
  const text = indented(block, margin).slice(margin.length);
  return { from: at[0], to: contentEnd(file, at), text };
}

/** Long texts keep the margin of their lines. */
function inPlaceOfText(file: string, at: Position, { block, flow }: Written): Splice {
  const [, margin = "  "] = /^[^\n]*\n+( *)/.exec(file.slice(at[0], at[1])) ?? [];
  const text = block.startsWith("|") ? block.replace(/\n {2}/g, `\n${margin}`) : `${flow}\n`;
  return { from: at[0], to: contentEnd(file, at), text };
}

function hasAnchor(node: unknown): boolean {
  return (isScalar(node) || isCollection(node)) && node.anchor !== undefined;
}

/** The text with a splice done. */
export function spliced(file: string, { from, to, text }: Splice): string {
  return file.slice(0, from) + text + file.slice(to);
}

function keyText({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function startOf(pair: Pair | undefined): number | undefined {
  return positionOf(pair?.key)?.[0];
}

function endOf(pair: Pair | undefined): number | undefined {
  return (positionOf(pair?.value) ?? positionOf(pair?.key))?.[1];
}

function lineStart(file: string, at: number): number {
  return file.lastIndexOf("\n", at - 1) + 1;
}

/** Behind the line on which a node ends, its comment included; what follows on lines of its own is not its. */
function contentEnd(file: string, [start, end]: Position): number {
  const last = start + file.slice(start, end).trimEnd().length;
  const next = file.indexOf("\n", last);
  return next === -1 ? file.length : next + 1;
}

function isLineEnd(file: string, at: number): boolean {
  return at === 0 || file[at - 1] === "\n";
}

function indented(block: string, margin: string): string {
  return block.replace(/^(?=.)/gm, margin);
}
