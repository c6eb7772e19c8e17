import { createHash } from "node:crypto";
import { invalid } from "./errors.ts";
import {
  applyDelta,
  deltaSizes,
  entryHeader,
  type GitObject,
  inflateEntry,
  objectId,
} from "./pack.ts";

export interface PackLimits {
  readonly objects: number;
  /** Of one object, inflated. */
  readonly objectBytes: number;
  /** Of all objects, inflated. */
  readonly totalBytes: number;
  readonly chain: number;
}

/** security §4.4 */
export const packLimits: PackLimits = {
  objects: 500_000,
  // As large as a pack may be: a file of 50 MB is trouble of the app that needs it (5 MiB), not of the whole source.
  objectBytes: 64 * 2 ** 20,
  totalBytes: 2 ** 30,
  chain: 250,
};

export interface PackRules {
  readonly limits: PackLimits;
  /** Objects outside the pack that a delta may build on. A fetch has none: thin packs are not asked for. */
  readonly external?: (id: string) => GitObject | undefined;
}

interface Known {
  readonly offset: number;
  readonly chain: number;
}

/** How much resolved content is kept for deltas; what was let go is resolved again. */
const cacheBytes = 48 * 2 ** 20;

/**
 * Goes through a pack as a stranger's (security §4.4): trailer, version, count, sizes, delta rules; yields every object
 * with its id. Throws SourceError at the first thing that is wrong.
 */
export function* readPack(
  pack: Uint8Array,
  rules: PackRules,
): Generator<GitObject & { readonly id: string }> {
  const { limits } = rules;
  const count = checkEnvelope(pack, limits);
  const body = pack.subarray(0, -20);
  const reader = createReader(body, rules);
  let offset = 12;
  let total = 0;
  for (let number = 0; number < count; number++) {
    const { object, end } = reader.next(offset);
    total += object.content.length;
    if (total > limits.totalBytes)
      throw invalid("The pack inflates to more than its limit.", "limit");
    yield { ...object, id: reader.idAt(offset) };
    offset = end;
  }
  if (offset !== body.length) throw invalid("The pack holds bytes that belong to no object.");
}

/** Checks a pack without keeping anything of it; returns how many objects it holds. */
export function checkPack(pack: Uint8Array, limits: PackLimits): number {
  let count = 0;
  for (const _ of readPack(pack, { limits })) count += 1;
  return count;
}

function checkEnvelope(pack: Uint8Array, limits: PackLimits): number {
  if (pack.length < 32) throw invalid("The pack is cut off.");
  const view = new DataView(pack.buffer, pack.byteOffset, pack.byteLength);
  if (view.getUint32(0) !== 0x5041434b) throw invalid("The answer is not a pack.");
  if (view.getUint32(4) !== 2) throw invalid(`Packs of version ${view.getUint32(4)} are not read.`);
  const count = view.getUint32(8);
  if (count > limits.objects) throw invalid(`The pack declares ${count} objects.`, "limit");
  const body = pack.subarray(0, -20);
  const trailer = Buffer.from(pack.subarray(-20));
  if (!createHash("sha1").update(body).digest().equals(trailer)) {
    throw invalid("The pack is damaged or cut off: its checksum does not match.");
  }
  return count;
}

function createReader(pack: Uint8Array, { limits, external }: PackRules) {
  const byOffset = new Map<number, Known>();
  const byId = new Map<string, number>();
  const ids = new Map<number, string>();
  const cache = createCache();

  function known(base: number | string, at: number): Known | undefined {
    const offset = typeof base === "number" ? base : byId.get(base);
    const entry = offset === undefined ? undefined : byOffset.get(offset);
    if (entry !== undefined) return entry;
    if (typeof base === "string" && external?.(base) !== undefined) return undefined;
    throw invalid(`Pack entry ${at}: its delta base is neither earlier in the pack nor known.`);
  }

  function baseObject(base: number | string): GitObject {
    const offset = typeof base === "number" ? base : byId.get(base);
    const object = offset === undefined ? external?.(String(base)) : resolve(offset).object;
    if (object === undefined) throw invalid("A delta base is missing.");
    return object;
  }

  function resolve(offset: number): { object: GitObject; end: number } {
    const kept = cache.get(offset);
    if (kept !== undefined) return kept;
    const header = entryHeader(pack, offset);
    if (header.size > limits.objectBytes) throw tooLarge(offset, header.size);
    const { content, end } = inflateEntry(pack, header);
    if (header.type !== "delta")
      return cache.add(offset, { object: { type: header.type, content }, end });
    const { result } = deltaSizes(content);
    if (result > limits.objectBytes) throw tooLarge(offset, result);
    const base = baseObject(header.base ?? offset);
    const object = { type: base.type, content: applyDelta(base.content, content) };
    return cache.add(offset, { object, end });
  }

  function next(offset: number): { object: GitObject; end: number } {
    const header = entryHeader(pack, offset);
    const base = header.base === undefined ? undefined : known(header.base, offset);
    const chain = header.type === "delta" ? (base?.chain ?? 0) + 1 : 0;
    if (chain > limits.chain)
      throw invalid(`Pack entry ${offset}: its delta chain is too long.`, "limit");
    const found = resolve(offset);
    const id = objectId(found.object);
    byOffset.set(offset, { offset, chain });
    byId.set(id, offset);
    ids.set(offset, id);
    return found;
  }

  return { next, idAt: (offset: number) => ids.get(offset) ?? "" };
}

function tooLarge(offset: number, size: number) {
  return invalid(`Pack entry ${offset} is an object of ${size} bytes, above the limit.`, "limit");
}

interface Resolved {
  readonly object: GitObject;
  readonly end: number;
}

function createCache() {
  const kept = new Map<number, Resolved>();
  let bytes = 0;
  return {
    get(offset: number): Resolved | undefined {
      return kept.get(offset);
    },
    add(offset: number, resolved: Resolved): Resolved {
      kept.set(offset, resolved);
      bytes += resolved.object.content.length;
      for (const [oldest, { object }] of kept) {
        if (bytes <= cacheBytes) break;
        kept.delete(oldest);
        bytes -= object.content.length;
      }
      return resolved;
    },
  };
}
