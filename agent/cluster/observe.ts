import { type KubeObject, kindId, refId, refOf, type VersionedRef } from "../model/object.ts";
import type { Lister, Reader } from "./client.ts";
import { ApiError } from "./errors.ts";

/** What was found of one object, by reads made for this call. */
export type Live =
  | {
      readonly found: "object";
      readonly object: KubeObject;
      /** Metadata only: from a bulk read; GET it where the body counts. */
      readonly partial: boolean;
    }
  | {
      readonly found: "absent";
      /** Not in a bulk list: good enough to create, never to forget or delete. */
      readonly forCreateOnly: boolean;
    }
  | { readonly found: "error"; readonly error: ApiError };

/** By `refId`; one for each ref asked for. */
export type LiveSet = ReadonlyMap<string, Live>;

export interface ReadOptions {
  /** GETs only: what stands behind something irreversible. */
  readonly exact?: boolean;
  /** Questions at a time; the client's own limiter is below this. */
  readonly inFlight?: number;
}

/** */
const bulkFrom = 20;
const worthwhile = 10;
const defaultInFlight = 64;

/** Reads live objects, all errors kept apart. Bulk reads replace GETs for more than 20 objects of one kind and namespace. */
export async function readLive(
  client: Reader & Lister,
  {
    refs,
    exact = false,
    inFlight = defaultInFlight,
  }: ReadOptions & {
    readonly refs: readonly VersionedRef[];
  },
  signal: AbortSignal,
): Promise<LiveSet> {
  const live = new Map<string, Live>();
  const single: VersionedRef[] = [];
  for (const group of groups(refs)) {
    const listed =
      exact || group.length <= bulkFrom ? undefined : await bulk(client, group, signal);
    if (listed === undefined) single.push(...group);
    else for (const ref of group) live.set(refId(ref), listed(ref));
  }
  const queue = single.values();
  const workers = Array.from({ length: Math.min(inFlight, single.length) }, async () => {
    for (const ref of queue) live.set(refId(ref), await one(client, ref, signal));
  });
  await Promise.all(workers);
  return live;
}

function groups(refs: readonly VersionedRef[]): Iterable<readonly VersionedRef[]> {
  return Map.groupBy(refs, (ref) => `${kindId(ref)} ${ref.version} ${ref.namespace}`).values();
}

async function one(client: Reader, ref: VersionedRef, signal: AbortSignal): Promise<Live> {
  try {
    const object = await client.get(ref, signal);
    if (object === undefined) return { found: "absent", forCreateOnly: false };
    return { found: "object", object, partial: false };
  } catch (error) {
    return failed(error, signal);
  }
}

function failed(error: unknown, signal: AbortSignal): Live {
  signal.throwIfAborted();
  if (error instanceof ApiError) return { found: "error", error };
  throw error;
}

/** How the refs of one kind and namespace are found in one whole list; undefined where GETs are cheaper or the list fails. */
async function bulk(
  client: Lister,
  refs: readonly VersionedRef[],
  signal: AbortSignal,
): Promise<((ref: VersionedRef) => Live) | undefined> {
  const found = await listWanted(client, refs, signal);
  if (found === undefined) return undefined;
  return (ref) => {
    const object = found.get(refId(ref));
    return object === undefined
      ? { found: "absent", forCreateOnly: true }
      : { found: "object", object, partial: true };
  };
}

async function listWanted(
  client: Lister,
  refs: readonly VersionedRef[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, KubeObject> | undefined> {
  try {
    const all = await listWhole(client, refs, signal);
    if (all === undefined) return undefined;
    const wanted = new Set(refs.map(refId));
    const named = all.map((object) => [refId(refOf(object)), object] as const);
    return new Map(named.filter(([id]) => wanted.has(id)));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError) return undefined; // cut or refused: it proves nothing (C-1)
    throw error;
  }
}

async function listWhole(
  client: Lister,
  refs: readonly VersionedRef[],
  signal: AbortSignal,
): Promise<readonly KubeObject[] | undefined> {
  const [first] = refs;
  if (first === undefined) return undefined;
  const { group, kind, version, namespace } = first;
  const selection = { group, kind, version, namespace, metadataOnly: true };
  const all: KubeObject[] = [];
  for await (const { items, remaining = 0 } of client.list(selection, signal)) {
    if (remaining > worthwhile * refs.length) return undefined;
    for (const item of items) all.push(item);
  }
  return all;
}
