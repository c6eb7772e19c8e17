import {
  type Document,
  isAlias,
  isCollection,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLMap,
} from "yaml";

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

/** The file with one value changed. One word for another touches nothing else; comments always stay. */
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
  const word = replaced(file, before, edit.value);
  if (word !== undefined) return { ok: true, text: word };
  if (edit.value === undefined) object.deleteIn(edit.path);
  else object.setIn(keysOf(document, object, edit.path), nodeOf(document, edit.value));
  const format = { lineWidth: 0, flowCollectionPadding: true, indentSeq: !hasFlatLists(file) };
  return { ok: true, text: documents.map((one) => one.toString(format)).join("") };
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

/** One word in place of another, in the text itself; undefined where that is not enough. */
function replaced(file: string, before: unknown, value: unknown): string | undefined {
  const isWord = value === null || ["string", "number", "boolean"].includes(typeof value);
  if (!isScalar(before) || !isWord || before.anchor !== undefined) return undefined;
  const { range } = before;
  const isLong = before.type === "BLOCK_LITERAL" || before.type === "BLOCK_FOLDED";
  if (range === null || range === undefined || isLong || range[0] === range[1]) return undefined;
  return file.slice(0, range[0]) + written(value, before) + file.slice(range[1]);
}

const plain = /^[A-Za-z./][\w./@-]*(:[\w./@-]+)*$/;
const words = /^(y|n|yes|no|on|off|true|false|null|\.inf|\.nan)$/i;

/** As a person would write it, in quotes where the word was, or where it would mean something else without. */
function written(value: unknown, before: Scalar): string {
  if (typeof value !== "string") return JSON.stringify(value);
  if (before.type === "QUOTE_SINGLE" && !/['\p{Cc}]/u.test(value)) return `'${value}'`;
  return before.type === "PLAIN" && isPlain(value) ? value : quoted(value);
}

/** Not taken for anything but text by whatever reads YAML. */
function isPlain(text: string): boolean {
  return plain.test(text) && !words.test(text);
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
      const isLong =
        typeof text === "string" && /^[!-~][ -~\n]*[!-~]\n?$/.test(text) && text.includes("\n");
      if (typeof text === "string" && !isPlain(text) && !isLong) scalar.type = "QUOTE_DOUBLE";
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
