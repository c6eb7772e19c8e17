import { type Event, YAMLException } from "js-yaml";
import type { Parsed } from "../model/problem.ts";
import type { Reason } from "../model/reason.ts";
import { YamlBuilder } from "./yaml-build.ts";
import { type Indented, parseIndented } from "./yaml-indent.ts";
import { type BuiltDocument, type Fault, type Spot, YamlLimit } from "./yaml-node.ts";
import { type Chunk, splitDocuments } from "./yaml-split.ts";
import { lineBreakFault } from "./yaml-strict.ts";

/** 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface YamlDocument {
  readonly value: unknown;
  /** 1-based line of the first key. */
  readonly line: number;
  /** Values in it when every alias is written out. */
  readonly nodes: number;
  /** Where the key (or list item) that a JSON pointer names stands. */
  positionOf(pointer: string): Position | undefined;
}

export interface YamlOptions {
  readonly file: string;
  /** Of the problems; default RenderFailed. */
  readonly reason?: Reason;
  /** Default: that of one file. */
  readonly maxBytes?: number;
}

const mebibyte = 1024 * 1024;
/** Security §3. */
export const maxFileBytes = 5 * mebibyte;

/** Every document of a file in kubectl's dialect (semantics §11), or all that is wrong with it. JSON is read the same way. */
export function parseYaml(
  input: string | Uint8Array,
  { file, reason = "RenderFailed", maxBytes = maxFileBytes }: YamlOptions,
): Parsed<readonly YamlDocument[]> {
  const text = textOf(input, maxBytes);
  if (!text.ok) return { ok: false, problems: [{ reason, file, message: text.message }] };
  const chunks = splitDocuments(text.value).map(readChunk);
  const problems = chunks.flatMap((chunk) => chunk.faults.map((fault) => problemOf(chunk, fault)));
  if (problems.length > 0) {
    return { ok: false, problems: problems.map((problem) => ({ reason, file, ...problem })) };
  }
  const documents = chunks.flatMap(({ documents, positionAt }) =>
    documents.map((built) => document(built, positionAt)),
  );
  return { ok: true, value: documents };
}

function problemOf({ positionAt }: Read, { offset, message, other }: Fault) {
  const also = other === undefined ? "" : ` (also in line ${positionAt(other).line})`;
  return { ...positionAt(offset), message: `${message}${also}` };
}

type Text =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly message: string };

function textOf(input: string | Uint8Array, maxBytes: number): Text {
  const size = typeof input === "string" ? input.length : input.byteLength;
  if (size > maxBytes) {
    const [has, most] = [size / mebibyte, maxBytes / mebibyte];
    return {
      ok: false,
      message: `the file has ${has.toFixed(1)} MiB; at most ${most} MiB are read`,
    };
  }
  if (typeof input === "string") return checkedText(input);
  if (input.includes(0)) {
    return { ok: false, message: "this is a binary file, not text: it has a NUL byte" };
  }
  try {
    return { ok: true, value: new TextDecoder("utf-8", { fatal: true }).decode(input) };
  } catch {
    return { ok: false, message: "this is not UTF-8 text" };
  }
}

function checkedText(text: string): Text {
  if (text.includes("\0")) return { ok: false, message: "the text has a NUL character" };
  return { ok: true, value: text.startsWith("\uFEFF") ? text.slice(1) : text };
}

interface Read {
  readonly documents: readonly BuiltDocument[];
  readonly faults: readonly Fault[];
  readonly positionAt: (offset: number) => Position;
}

function readChunk({ text, linesBefore, fault }: Chunk): Read {
  const lineBreak = lineBreakFault(text);
  const faults: Fault[] = [
    ...(fault === undefined ? [] : [{ offset: 0, message: fault }]),
    ...(lineBreak === undefined ? [] : [lineBreak]),
  ];
  try {
    const isJson = linesBefore === 0 && /^\s*\{/.test(text);
    const indented = parseIndented(text);
    const builder = new YamlBuilder(indented.text, isJson);
    const documents = built(builder, indented.events, faults);
    return { documents, faults, positionAt: positions(indented, linesBefore) };
  } catch (error) {
    faults.push(faultOf(error));
    return {
      documents: [],
      faults,
      positionAt: positions({ text, added: new Map() }, linesBefore),
    };
  }
}

function built(
  builder: YamlBuilder,
  events: readonly Event[],
  faults: Fault[],
): readonly BuiltDocument[] {
  try {
    const documents = builder.build(events);
    const [, second] = documents;
    if (second !== undefined) {
      faults.push({
        offset: second.spot.offset,
        message: "what follows ... is not read; begin a document with ---",
      });
    }
    return documents;
  } catch (error) {
    faults.push(faultOf(error));
    return [];
  } finally {
    faults.push(...builder.faults);
  }
}

function faultOf(error: unknown): Fault {
  if (error instanceof YamlLimit) return { offset: error.offset, message: error.message };
  if (error instanceof YAMLException) {
    return { offset: error.mark?.position ?? 0, message: error.reason };
  }
  // The parser may fail in ways of its own on hostile input; that is the file's problem, not the agent's.
  return { offset: 0, message: error instanceof Error ? error.message : String(error) };
}

function document(built: BuiltDocument, positionAt: (offset: number) => Position): YamlDocument {
  return {
    value: built.value,
    line: positionAt(built.spot.offset).line,
    nodes: built.nodes,
    positionOf(pointer) {
      const spot = spotAt(built.spot, pointer);
      return spot === undefined ? undefined : positionAt(spot.offset);
    },
  };
}

function spotAt(root: Spot, pointer: string): Spot | undefined {
  const steps = pointer === "" ? [] : pointer.slice(1).split("/");
  let spot: Spot | undefined = root;
  for (const step of steps) {
    spot = spot?.children?.get(step.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return spot;
}

/** Line and column of an offset; the index of lines is built when first asked for. */
function positions(
  { text, added }: Pick<Indented, "text" | "added">,
  linesBefore: number,
): (offset: number) => Position {
  let starts: number[] | undefined;
  return function positionAt(offset) {
    starts ??= lineStarts(text);
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const column = offset - (starts[low] ?? 0) - (added.get(low) ?? 0) + 1;
    return { line: linesBefore + low + 1, column: Math.max(1, column) };
  };
}

function lineStarts(source: string): number[] {
  const starts = [0];
  for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) {
    starts.push(at + 1);
  }
  return starts;
}
