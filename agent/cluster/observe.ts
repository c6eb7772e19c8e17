import type { ApiFailure } from "../model/api-failure.ts";
import { type KubeObject, kindId, refId, type VersionedRef } from "../model/object.ts";
import type { Lister, Reader } from "./client.ts";
import { ApiError } from "./errors.ts";

/** What was found of one object, by reads made for this call. */
export type Live =
  | { readonly found: "object"; readonly object: KubeObject }
  | {
      readonly found: "nothing";
      /** Not in a bulk list: good enough to create, never to forget or delete. */
      readonly forCreateOnly: boolean;
    }
  | { readonly found: "error"; readonly failure: ApiFailure };

/** By `refId`; one for each ref asked for. */
export type LiveSet = ReadonlyMap<string, Live>;

/** */
const bulkFrom = 20;
const worthwhile = 10;
/** Questions at a time; the client's own limiter is below this. */
const inFlight = 64;

/** Whole objects, all errors kept apart. For more than 20 of one kind and namespace a list tells which are not there. */
export async function readLive(
  client: Reader & Lister,
  refs: readonly VersionedRef[],
  signal: AbortSignal,
): Promise<LiveSet> {
  const groups = Map.groupBy(refs, (ref) => `${kindId(ref)} ${ref.version} ${ref.namespace}`);
  const absent = new Set<string>();
  for (const group of groups.values()) {
    if (group.length <= bulkFrom) continue;
    const present = await listPresent(client, group, signal);
    if (present === undefined) continue;
    for (const id of group.map(refId)) if (!present.has(id)) absent.add(id);
  }
  const rest = refs.filter((ref) => !absent.has(refId(ref)));
  const live = new Map<string, Live>(await readExactly(client, rest, signal));
  for (const id of absent) live.set(id, { found: "nothing", forCreateOnly: true });
  return live;
}

/** A GET for each: what stands behind anything irreversible. */
export async function readExactly(
  client: Reader,
  refs: readonly VersionedRef[],
  signal: AbortSignal,
): Promise<LiveSet> {
  const live = new Map<string, Live>();
  const queue = refs.values();
  const workers = Array.from({ length: Math.min(inFlight, refs.length) }, async () => {
    for (const ref of queue) live.set(refId(ref), await readOne(client, ref, signal));
  });
  await Promise.all(workers);
  return live;
}

async function readOne(client: Reader, ref: VersionedRef, signal: AbortSignal): Promise<Live> {
  try {
    const object = await client.get(ref, signal);
    return object === undefined
      ? { found: "nothing", forCreateOnly: false }
      : { found: "object", object };
  } catch (error) {
    return { found: "error", failure: failureOf(error, signal) };
  }
}

/** The failure of a read; anything else, and our own giving up, goes on up. */
function failureOf(error: unknown, signal: AbortSignal): ApiFailure {
  signal.throwIfAborted();
  if (error instanceof ApiError) return error.failure;
  throw error;
}

/** Ids of all there are of one kind and namespace; undefined where GETs are cheaper, or the list failed: it proves nothing then (C-1). */
async function listPresent(
  client: Lister,
  refs: readonly VersionedRef[],
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const [first] = refs;
  if (first === undefined) return undefined;
  const { group, kind, version, namespace } = first;
  const selection = { group, kind, version, namespace, metadataOnly: true };
  const present = new Set<string>();
  try {
    for await (const { items, remaining = 0 } of client.list(selection, signal)) {
      if (remaining > worthwhile * refs.length) return undefined;
      for (const { metadata } of items) {
        const at = { group, kind, namespace: metadata.namespace ?? "", name: metadata.name };
        present.add(refId(at));
      }
    }
    return present;
  } catch (error) {
    failureOf(error, signal);
    return undefined;
  }
}
