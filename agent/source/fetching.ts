import type { Commit, Tree } from "../model/artifact.ts";
import { hasFault, invalid } from "./errors.ts";
import type { SourceLimits } from "./limits.ts";
import { createObjectReader, type ObjectReader } from "./object-reader.ts";
import type { Fetched, Remote } from "./remote.ts";
import type { Store } from "./store.ts";
import { storeRoot } from "./store-files.ts";

/** A store, what it holds, and what was seen of it so far. */
export interface Opened {
  readonly store: Store;
  readonly reader: ObjectReader;
  /** Every object that the store has. */
  readonly ids: Set<string>;
  /** Commits of which every file was seen to be there. */
  readonly complete: Set<string>;
}

/** Empties the store: what is on disk is not what we wrote (G22). */
export async function forget({ store, reader, ids, complete }: Opened): Promise<void> {
  await store.drop();
  reader.drop();
  ids.clear();
  complete.clear();
}

export function addAll(ids: Set<string>, more: readonly string[]): void {
  for (const id of more) ids.add(id);
}

/** The commit, once every tree of it was read and every blob is there (G27). */
export async function complete(present: Opened, id: string): Promise<Commit> {
  const { reader, ids } = present;
  const { commit } = await reader.commit(id);
  if (present.complete.has(id)) return commit;
  assertComplete(await reader.tree(id), (blob) => ids.has(blob));
  present.complete.add(id);
  return commit;
}

function assertComplete(tree: Tree, has: (id: string) => boolean): void {
  for (const [path, { mode, id }] of tree) {
    if (mode !== "160000" && !has(id))
      throw invalid(`The object ${id} of ${path} is missing.`, "missing");
  }
}

/** What a fetch needs. */
export interface Fetching {
  readonly remote: Remote;
  readonly present: Opened;
  readonly limits: SourceLimits;
  readonly address: string;
  readonly ref: string;
}

const mendable = ["limit", "store", "missing"] as const;

/** Brings the tip: all of the store anew when there is none or it is full, else what is missing. */
export async function fetchTip(fetching: Fetching, signal: AbortSignal): Promise<Commit> {
  const { present, limits } = fetching;
  const { revision } = present.store;
  const isFull =
    (await present.store.packCount()) >= limits.packs || (revision?.bytes ?? 0) > limits.storeBytes;
  const fresh = revision === undefined || isFull;
  try {
    return await fetchWith(fetching, fresh ? { fresh, depth: 1 } : { fresh }, signal);
  } catch (error) {
    // A history rewritten from far back can be larger than the cap, its tip alone is not (§4.2); and what it
    // builds upon may be damaged on our disk (G22). Both are mended by a clone beside.
    const isMendable = !fresh && mendable.some((fault) => hasFault(error, fault));
    if (isMendable) return fetchWith(fetching, { fresh: true, depth: 1 }, signal);
    throw error;
  }
}

interface Extent {
  readonly fresh: boolean;
  readonly depth?: number;
}

async function fetchWith(fetching: Fetching, extent: Extent, signal: AbortSignal): Promise<Commit> {
  const { remote, present } = fetching;
  const options = { store: present.store, cache: present.reader.cache, ...extent };
  try {
    return await accept(fetching, await remote.fetch(options, signal), extent);
  } catch (error) {
    if (!hasFault(error, "shallow")) throw error;
    // G29: a server that cannot limit depth sends everything.
    const { fresh, store, cache } = options;
    return accept(fetching, await remote.fetch({ fresh, store, cache }, signal), { fresh });
  }
}

/** Everything is checked while it is still staged; then it is published, and only then seen (security §4.3). */
async function accept(fetching: Fetching, fetched: Fetched, extent: Extent): Promise<Commit> {
  const { present, address, ref } = fetching;
  const { stage } = fetched;
  const staged = createObjectReader({ fs: () => stage.fs, gitdir: storeRoot });
  const known = new Set(extent.fresh ? [] : present.ids);
  addAll(known, fetched.ids);
  const { commit } = await staged.commit(await peeled(staged, fetched.id));
  assertComplete(await staged.tree(commit.id), (blob) => known.has(blob));
  const before = extent.fresh ? 0 : (present.store.revision?.depth ?? 0);
  const depth = Math.max(before, extent.depth ?? 0);
  await stage.publish({ url: address, ref, commit: commit.id, depth });
  if (extent.fresh) {
    present.reader.drop();
    present.ids.clear();
    present.complete.clear();
  }
  addAll(present.ids, fetched.ids);
  present.complete.add(commit.id);
  return commit;
}

/** Follows annotated tags to their commit. */
async function peeled(reader: ObjectReader, id: string): Promise<string> {
  let next = id;
  for (let hops = 0; hops < 5; hops++) {
    const target = await reader.tagTarget(next);
    if (target === undefined) return next;
    next = target;
  }
  throw invalid("The tag points to a tag too many times.");
}

/** Asks for more history; false when there is no more, or no more may be asked for. */
export async function deepen(fetching: Fetching, signal: AbortSignal): Promise<boolean> {
  const { present, limits } = fetching;
  const { revision } = present.store;
  const depth = limits.deepenSteps.find((step) => step > (revision?.depth ?? 0));
  if (revision === undefined || revision.shallow.length === 0 || depth === undefined) return false;
  try {
    await fetchWith(fetching, { fresh: false, depth }, signal);
    return true;
  } catch (error) {
    if (hasFault(error, "limit")) return false;
    throw error;
  }
}
