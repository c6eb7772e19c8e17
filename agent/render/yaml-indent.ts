import { type Event, parseEvents, YAMLException } from "js-yaml";
import { yamlLimits } from "./yaml-node.ts";

/** Parser events of one document, and the text that their offsets are of. */
export interface Indented {
  readonly events: readonly Event[];
  readonly text: string;
  /** Spaces that `text` has more than the source, by 0-based line. */
  readonly added: ReadonlyMap<number, number>;
}

const step = yamlLimits.depth;
/** How much text may be read again for lines that stand too far left. */
const mostRead = 64 * 1024 * 1024;

/**
 * People close a bracket below the key that opened it, or let quoted text go on at the margin. YAML wants such lines
 * deeper, kubectl does not mind (T-10): they are moved, which changes no value, until the parser takes them.
 * Throws what js-yaml throws.
 */
export function parseIndented(source: string): Indented {
  let now: Text = { text: source, added: new Map() };
  for (let read = source.length; ; read += now.text.length) {
    const { text, added } = now;
    try {
      return { events: parseEvents(text, { maxDepth: yamlLimits.depth }), text, added };
    } catch (error) {
      const next = read > mostRead ? undefined : eased(now, error);
      if (next === undefined) throw error;
      now = next;
    }
  }
}

type Text = Pick<Indented, "text" | "added">;

/** The text with the white space changed that this error is about; undefined where it is about something else. */
function eased({ text, added }: Text, error: unknown): Text | undefined {
  const mark = placeOf(error);
  if (mark === undefined) return undefined;
  const spaced = withoutTabsBefore(text, mark.position);
  if (spaced !== undefined) return { text: spaced, added };
  if (added.has(mark.line)) return undefined;
  return { text: moved(text, mark.line), added: new Map([...added, [mark.line, step]]) };
}

/** A tab between two tokens of one line is a space like any other; undefined where none stands there. */
function withoutTabsBefore(text: string, position: number): string | undefined {
  const before = /[^\n \t]([ \t]*\t[ \t]*)$/.exec(text.slice(0, position))?.[1];
  if (before === undefined) return undefined;
  return text.slice(0, position - before.length) + " ".repeat(before.length) + text.slice(position);
}

function placeOf(error: unknown): YAMLException["mark"] {
  const isTooFarLeft = error instanceof YAMLException && error.reason === "deficient indentation";
  return isTooFarLeft ? error.mark : undefined;
}

function moved(text: string, line: number): string {
  let start = 0;
  for (let count = 0; count < line; count += 1) start = text.indexOf("\n", start) + 1;
  return `${text.slice(0, start)}${" ".repeat(step)}${text.slice(start)}`;
}
