import { COLLECTION_STYLE, EVENT_ID, type Event, SCALAR_STYLE } from "js-yaml";

const breaks = /[\u0085\u2028\u2029]/;
const names: Readonly<Record<string, string>> = {
  "\u0085": "U+0085",
  "\u2028": "U+2028",
  "\u2029": "U+2029",
};

/** What YAML 1.1, and so kubectl, takes for a line break and YAML 1.2 for text: refused, as the two read another value (T-10). */
export function lineBreakFault(text: string): Misread | undefined {
  const found = breaks.exec(text);
  if (found === null) return undefined;
  const message = `${names[found[0]]} is a line break to kubectl; write it as an escape in double quotes`;
  return { offset: found.index, message };
}

/** A place that kubectl refuses and our parser lets pass. */
export interface Misread {
  readonly offset: number;
  readonly message: string;
}

export interface Token {
  readonly event: Event;
  /** The event before it. */
  readonly previous: Event | undefined;
  readonly isInFlow: boolean;
}

/** Judges the tokens of one document, in their order. */
export function strictFault(source: string, token: Token): Misread | undefined {
  const { event, previous, isInFlow } = token;
  switch (event.type) {
    case EVENT_ID.SCALAR:
      return (
        escapeFault(source, event) ??
        tabInBlock(source, event) ??
        anchorFault(source, event) ??
        (isInFlow ? plainInBrackets(source, event) : tabBefore(source, event.valueStart))
      );
    case EVENT_ID.MAPPING:
      return (
        nestedInLine(source, event, previous) ??
        (isInFlow ? undefined : tabBefore(source, event.start))
      );
    default:
      return undefined;
  }
}

/** In a block, a tab may stand between a key and its value, nowhere else before a token. */
function tabBefore(source: string, start: number): Misread | undefined {
  if (start < 0) return undefined;
  const gap = /(?:^|[-?\n])[ \t\n]*\t[ \t\n]*$/.exec(gapBefore(source, start));
  if (gap === null) return undefined;
  return { offset: start, message: "a tab stands where only spaces may; replace it" };
}

function gapBefore(source: string, start: number): string {
  let from = start;
  while (from > 0 && " \t\n".includes(source.charAt(from - 1))) from -= 1;
  return source.slice(Math.max(0, from - 1), start);
}

type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;
type MappingEvent = Extract<Event, { type: typeof EVENT_ID.MAPPING }>;

function anchorFault(source: string, event: ScalarEvent): Misread | undefined {
  const { anchorStart: offset, anchorEnd } = event;
  if (offset < 0 || /^[\w-]+$/.test(source.slice(offset, anchorEnd))) return undefined;
  return { offset, message: "an anchor is made of letters, digits, - and _" };
}

/** Plain text inside brackets: to kubectl a `?` ends it, both signs begin something else, and a `:` before a comma belongs to it. */
function plainInBrackets(source: string, event: ScalarEvent): Misread | undefined {
  const { style, valueStart: offset, valueEnd } = event;
  if (style !== SCALAR_STYLE.PLAIN || offset < 0) return undefined;
  const text = source.slice(offset, valueEnd);
  const isOther = text.startsWith(":") || text.includes("?");
  if (!isOther && !/^:[,\]}]/.test(source.slice(valueEnd, valueEnd + 2))) return undefined;
  return {
    offset,
    message: "inside [ ] and { } text with ?, or with : at its start or end, needs quotes",
  };
}

/** `\/` and halves of surrogate pairs are JSON's, not YAML 1.1's. */
const jsonEscape = /(?<!\\)(?:\\\\)*\\(?:\/|u[dD][89a-bA-B])/;

function escapeFault(source: string, event: ScalarEvent): Misread | undefined {
  if (event.style !== SCALAR_STYLE.DOUBLE_QUOTED) return undefined;
  const found = jsonEscape.exec(source.slice(event.valueStart, event.valueEnd));
  if (found === null) return undefined;
  const offset = event.valueStart + found.index;
  return {
    offset,
    message: "kubectl knows this escape in JSON files only; write the character itself",
  };
}

/** How deep a block of text stands is found from its first line; a tab there is no indentation. */
function tabInBlock(source: string, event: ScalarEvent): Misread | undefined {
  if (event.style !== SCALAR_STYLE.LITERAL_BLOCK && event.style !== SCALAR_STYLE.FOLDED_BLOCK)
    return undefined;
  const headerEnd = event.valueStart - 1;
  const header = source.slice(source.lastIndexOf("\n", headerEnd - 1) + 1, headerEnd);
  const body = source.slice(event.valueStart, event.valueEnd);
  if (/[|>][-+]?[1-9]/.test(header) || !/^(?: *\n)* *\t/.test(body)) return undefined;
  return {
    offset: event.valueStart,
    message: "a tab begins this text; say how deep it stands, as in |2",
  };
}

/** `a: &x b: c`: a map cannot begin in the line of its key. */
function nestedInLine(
  source: string,
  event: MappingEvent,
  previous: Event | undefined,
): Misread | undefined {
  if (event.style !== COLLECTION_STYLE.BLOCK || previous?.type !== EVENT_ID.SCALAR)
    return undefined;
  const between = source.slice(previous.valueEnd, event.start);
  if (between.includes("\n") || !between.includes(":")) return undefined;
  return { offset: event.start, message: "a map cannot begin in the line of its key" };
}
