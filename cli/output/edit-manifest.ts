import {
  Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
  YAMLMap,
} from "yaml";
import {
  insertion,
  itemRemoval,
  removal,
  replacement,
  type Splice,
  spliced,
} from "./yaml-splice.ts";

/** One value of one object in a file that people wrote. */
export interface ManifestEdit {
  /** Of the object's first key, 1-based. */
  readonly line: number;
  readonly kind: string;
  /** Keys and indices from the object on. */
  readonly path: readonly string[];
  /** undefined takes it out. */
  readonly value: unknown;
}

export type Edited =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: string };

/** The file with one value changed, and as little of its text as can be; comments always stay. */
export function withValue(file: string, edit: ManifestEdit): Edited {
  const lines = new LineCounter();
  const documents = parseAllDocuments(file, { lineCounter: lines });
  if (!Array.isArray(documents)) return { ok: false, why: "the file is empty" };
  const found = documents
    .map((document) => ({ document, object: objectIn(document, lines, edit) }))
    .find(({ object }) => object !== undefined);
  if (found?.object === undefined) return { ok: false, why: `no ${edit.kind} starts there` };
  const { document, object } = found;
  const aliased = edit.path.some((_key, at) => isAlias(object.getIn(edit.path.slice(0, at), true)));
  if (aliased) return { ok: false, why: "it stands behind a YAML alias" };
  const before = object.getIn(edit.path, true);
  if (isExpression(before)) return { ok: false, why: `it is the expression ${String(before)}` };
  const splice = spliceFor(file, { document, object, before }, edit);
  if (splice !== undefined) return { ok: true, text: spliced(file, splice) };
  if (edit.value === undefined) object.deleteIn(edit.path);
  else object.setIn(keysOf(document, object, edit.path), nodeOf(document, edit.value));
  return { ok: true, text: documents.map((one) => one.toString(formatOf(file))).join("") };
}

function formatOf(file: string) {
  return { lineWidth: 0, flowCollectionPadding: true, indentSeq: !hasFlatLists(file) };
}

interface Place {
  readonly document: Document.Parsed;
  readonly object: YAMLMap;
  /** What stands there now. */
  readonly before: unknown;
}

/** The one piece of text that changes; undefined where the file has to be written anew. */
function spliceFor(file: string, place: Place, { path, value }: ManifestEdit): Splice | undefined {
  const { document, object, before } = place;
  if (value === undefined) return removalOf(file, object, path);
  if (before === undefined) return insertionOf(file, place, { path, value });
  const flow = isScalar(before) ? written(value, before) : flowText(value);
  return replacement(file, before, { block: blockText(file, document, value), flow });
}

function removalOf(file: string, object: YAMLMap, path: readonly string[]): Splice | undefined {
  const [parent, key = ""] = [inside(object, path.slice(0, -1)), path.at(-1)];
  if (isSeq(parent)) return itemRemoval(file, parent, Number(key));
  return isMap(parent) ? removal(file, parent, key) : undefined;
}

/** Below the last key of the path that is there. */
function insertionOf(
  file: string,
  { document, object }: Place,
  { path, value }: Pick<ManifestEdit, "path" | "value">,
): Splice | undefined {
  const depth = path.findLastIndex((_key, at) => isMap(inside(object, path.slice(0, at))));
  const parent = inside(object, path.slice(0, depth));
  const [key = "", ...rest] = path.slice(depth);
  if (!isMap(parent) || parent.has(key)) return undefined;
  const nested = rest.reduceRight<unknown>((below, name) => ({ [name]: below }), value);
  const map = new YAMLMap<unknown, unknown>();
  map.set(nodeOf(document, key), nodeOf(document, nested));
  const block = new Document(map).toString(formatOf(file));
  return insertion(file, parent, { block, flow: `${flowText(key)}: ${flowText(nested)}` });
}

function inside(object: YAMLMap, path: readonly string[]): unknown {
  return path.length === 0 ? object : object.getIn(path, true);
}

/** On lines of its own. */
function blockText(file: string, document: Document.Parsed, value: unknown): string {
  return typeof value === "string" && isLong(value)
    ? `|${value.endsWith("\n") ? "" : "-"}\n${value.replace(/\n$/, "").replace(/^(?=.)/gm, "  ")}\n`
    : new Document(nodeOf(document, value)).toString(formatOf(file));
}

/** Several lines that need no quotes. */
function isLong(text: string): boolean {
  const isWhole =
    /^[^\s\p{C}]/u.test(text) && /\S\n?$/.test(text) && text.slice(0, -1).includes("\n");
  return isWhole && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufeff]/u.test(text.replace(/[\n\t]/g, ""));
}

function objectIn(
  document: Document.Parsed,
  lines: LineCounter,
  { line, kind }: ManifestEdit,
): YAMLMap | undefined {
  let found: YAMLMap | undefined;
  visit(document, {
    Map: (_key, map) => {
      const [first] = map.items;
      const at = isScalar(first?.key) ? first.key.range?.[0] : undefined;
      const isIt = at !== undefined && lines.linePos(at).line === line;
      if (!isIt || map.get("kind") !== kind || !map.has("metadata")) return undefined;
      found = map;
      return visit.BREAK;
    },
  });
  return found;
}

function isExpression(node: unknown): boolean {
  if (isScalar(node)) return String(node.value).includes("${{");
  return isCollection(node) && JSON.stringify(node.toJSON()).includes("${{");
}

const plain = /^[A-Za-z./][\w./@-]*(:[\w./@-]+)*$/;
const words = /^(y|n|yes|no|on|off|true|false|null|\.inf|\.nan)$/i;

/** As a person would write it, in quotes where the word was, or where it would mean something else without. */
function written(value: unknown, before: Scalar): string {
  if (typeof value !== "string") return flowText(value);
  if (before.type === "QUOTE_SINGLE" && !/['\p{Cc}]/u.test(value)) return `'${value}'`;
  return before.type === "PLAIN" && isPlain(value) ? value : quoted(value);
}

/** Not taken for anything but text by whatever reads YAML. */
function isPlain(text: string): boolean {
  return plain.test(text) && !words.test(text);
}

/** On one line, wherever it stands. */
function flowText(value: unknown): string {
  if (typeof value === "string") return isPlain(value) ? value : quoted(value);
  if (Array.isArray(value))
    return value.length === 0 ? "[]" : `[ ${value.map(flowText).join(", ")} ]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, one]) => `${flowText(key)}: ${flowText(one)}`);
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

/** YAML ends lines where JSON does not. */
function quoted(text: string): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escaped);
}

/** A key that is new is a text, too; an index is none. */
function keysOf(
  document: Document.Parsed,
  object: YAMLMap,
  path: readonly string[],
): readonly unknown[] {
  const parents = path.slice(0, -1);
  const isIndex = isSeq(parents.length === 0 ? object : object.getIn(parents, true));
  return isIndex ? path : [...parents, nodeOf(document, path.at(-1))];
}

/** A value as new nodes; texts and keys in quotes where they would mean something else without. */
function nodeOf(document: Document.Parsed, value: unknown): Node {
  const node = document.createNode(value);
  visit(node, {
    Scalar: (_key, scalar) => {
      const text: unknown = scalar.value;
      if (typeof text === "string" && !isPlain(text) && !isLong(text)) scalar.type = "QUOTE_DOUBLE";
    },
  });
  return node;
}

/** Lists that stand under their key without indentation stay so. */
function hasFlatLists(file: string): boolean {
  return (
    /^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n\1- /m.test(file) ||
    /^( *)- [^\n]*:\n\1 {2}- /m.test(file)
  );
}
