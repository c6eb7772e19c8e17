import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import { invalid } from "./errors.ts";

export type ObjectType = "commit" | "tree" | "blob" | "tag";

export interface GitObject {
  readonly type: ObjectType;
  readonly content: Uint8Array;
}

/** What a pack entry says about itself before anything is inflated. `base`: offset, or object id. */
export interface EntryHeader {
  readonly type: ObjectType | "delta";
  readonly size: number;
  readonly base?: number | string;
  readonly dataAt: number;
}

/** The id of an object: 40 hex digits of SHA-1 over its header and content. */
export function objectId({ type, content }: GitObject): string {
  const hash = createHash("sha1");
  hash.update(`${type} ${content.length}\0`);
  hash.update(content);
  return hash.digest("hex");
}

const types: Readonly<Record<number, ObjectType>> = { 1: "commit", 2: "tree", 3: "blob", 4: "tag" };

/** Reads the header of the entry at `offset` (gitformat-pack). */
export function entryHeader(pack: Uint8Array, offset: number): EntryHeader {
  const first = byteAt(pack, offset);
  const length = sizeFrom(pack, offset + 1, {
    value: first & 15,
    shift: 4,
    more: (first & 128) !== 0,
  });
  const code = (first >> 4) & 7;
  const type = types[code];
  if (type !== undefined) return { type, size: length.value, dataAt: length.at };
  if (code === 6) {
    const { value, at } = distanceFrom(pack, length.at);
    if (value <= 0 || value > offset)
      throw invalid(`Pack entry ${offset}: delta base is not before it.`);
    return { type: "delta", size: length.value, base: offset - value, dataAt: at };
  }
  if (code === 7) {
    const end = length.at + 20;
    const base = Buffer.from(pack.subarray(length.at, end)).toString("hex");
    return { type: "delta", size: length.value, base, dataAt: end };
  }
  throw invalid(`Pack entry ${offset}: unknown type ${code}.`);
}

interface Cursor {
  readonly bytes: Uint8Array;
  readonly at: number;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const value = bytes[at];
  if (value === undefined) throw invalid("The pack ends inside an entry.");
  return value;
}

interface SizeStart {
  readonly value: number;
  readonly shift: number;
  readonly more: boolean;
}

const anew: SizeStart = { value: 0, shift: 0, more: true };

/** Little-endian groups of seven bits; a size beyond 2^40 is refused before anything is done with it. */
function sizeFrom(bytes: Uint8Array, start: number, { value: low, shift, more }: SizeStart) {
  let at = start;
  let value = low;
  let scale = 2 ** shift;
  for (let goOn = more; goOn; ) {
    const byte = byteAt(bytes, at++);
    value += (byte & 127) * scale;
    scale *= 128;
    if (value > 2 ** 40 || scale > 2 ** 60) throw invalid("The pack declares an absurd size.");
    goOn = (byte & 128) !== 0;
  }
  return { value, at };
}

function distanceFrom(bytes: Uint8Array, start: number) {
  let at = start;
  let byte = byteAt(bytes, at++);
  let value = byte & 127;
  while ((byte & 128) !== 0) {
    byte = byteAt(bytes, at++);
    value = (value + 1) * 128 + (byte & 127);
    if (value > 2 ** 40) throw invalid("The pack declares an absurd distance.");
  }
  return { value, at };
}

interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/** Inflates exactly `size` bytes, never more; `end` is the offset after the compressed data. */
export function inflateEntry(
  pack: Uint8Array,
  header: EntryHeader,
): { content: Uint8Array; end: number } {
  const { size, dataAt } = header;
  let result: Inflated;
  try {
    result = inflateSync(pack.subarray(dataAt), {
      maxOutputLength: size + 1,
      chunkSize: Math.min(65536, Math.max(64, size + 1)),
      info: true,
    }) as unknown as Inflated;
  } catch {
    throw invalid(`Pack entry at ${dataAt} cannot be inflated to its declared ${size} bytes.`);
  }
  if (result.buffer.length !== size) {
    throw invalid(`Pack entry at ${dataAt} has ${result.buffer.length} bytes, not ${size}.`);
  }
  return { content: result.buffer, end: dataAt + result.engine.bytesWritten };
}

export interface DeltaSizes {
  readonly base: number;
  readonly result: number;
  readonly at: number;
}

export function deltaSizes(delta: Uint8Array): DeltaSizes {
  const base = sizeFrom(delta, 0, anew);
  const result = sizeFrom(delta, base.at, anew);
  return { base: base.value, result: result.value, at: result.at };
}

/** Applies a delta; every copy must lie in the base and the result must have the declared size. */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array {
  const sizes = deltaSizes(delta);
  if (sizes.base !== base.length) throw invalid("A delta does not fit its base.");
  const out = new Uint8Array(sizes.result);
  let at = sizes.at;
  let filled = 0;
  while (at < delta.length) {
    const piece = deltaPiece({ bytes: delta, at }, base);
    if (filled + piece.data.length > out.length)
      throw invalid("A delta is longer than it declares.");
    out.set(piece.data, filled);
    filled += piece.data.length;
    at = piece.at;
  }
  if (filled !== out.length) throw invalid("A delta is shorter than it declares.");
  return out;
}

function deltaPiece({ bytes, at }: Cursor, base: Uint8Array): { data: Uint8Array; at: number } {
  const op = byteAt(bytes, at);
  if (op === 0) throw invalid("A delta holds a reserved instruction.");
  if ((op & 128) === 0) {
    const end = at + 1 + op;
    if (end > bytes.length) throw invalid("A delta ends inside an insertion.");
    return { data: bytes.subarray(at + 1, end), at: end };
  }
  return copiedPiece({ bytes, at: at + 1 }, op, base);
}

/** Bits 0–3 of a copy say which bytes of the offset follow, bits 4–6 which of the size. */
function copiedPiece({ bytes, at }: Cursor, op: number, base: Uint8Array) {
  let next = at;
  const part = (bit: number) => ((op & (1 << bit)) === 0 ? 0 : byteAt(bytes, next++));
  const offset = part(0) + part(1) * 2 ** 8 + part(2) * 2 ** 16 + part(3) * 2 ** 24;
  const size = part(4) + part(5) * 2 ** 8 + part(6) * 2 ** 16;
  const end = offset + (size === 0 ? 65536 : size);
  if (end > base.length) throw invalid("A delta copies from beyond its base.");
  return { data: base.subarray(offset, end), at: next };
}
