import type { Readable } from "node:stream";
import { type Attempted, badAnswer } from "./no-answer.ts";

const newline = 0x0a;

export interface LineOptions {
  readonly maxBytes: number;
  /** Called whenever something came. */
  readonly onBytes: () => void;
}

/** Lines of a stream, as bytes, each under the cap (T-30). A last line without an end was cut: that is an error, not a line. */
export async function* linesOf(
  body: Readable,
  { maxBytes, onBytes }: LineOptions,
  attempted: Attempted,
): AsyncGenerator<Buffer> {
  let begun: readonly Buffer[] = [];
  for await (const chunk of body) {
    onBytes();
    const [first, ...others] = split(Buffer.from(chunk));
    const pieces = [[...begun, first ?? Buffer.alloc(0)], ...others.map((other) => [other])];
    begun = pieces.pop() ?? [];
    if ([...pieces, begun].some((piece) => lengthOf(piece) > maxBytes)) {
      throw badAnswer("a line is too long", attempted);
    }
    yield* pieces.map((piece) => Buffer.concat(piece)).filter(({ length }) => length > 0);
  }
  if (lengthOf(begun) > 0) throw badAnswer("the last line was cut", attempted);
}

function lengthOf(piece: readonly Buffer[]): number {
  return piece.reduce((sum, { length }) => sum + length, 0);
}

/** What stands between line ends; the last piece has none yet. */
function split(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    pieces.push(bytes.subarray(start, end));
    start = end + 1;
  }
  pieces.push(bytes.subarray(start));
  return pieces;
}
