import type { Commit, Files, Tree } from "../model/artifact.ts";
import type { Clock } from "../schedule/clock.ts";
import { fullRef, parseAddress } from "./address.ts";
import type { Disk } from "./disk.ts";
import { hasFault, invalid } from "./errors.ts";
import { isAncestor, type Range, walkRange } from "./history.ts";
import type { SourceLimits } from "./limits.ts";
import { commitOrCut, createObjectReader, type ObjectReader } from "./object-reader.ts";
import { indexedIds } from "./pack-index.ts";
import { createRemote, type Fetched, type Remote } from "./remote.ts";
import type { ConfigSource } from "./source.ts";
import { openStore, type Store } from "./store.ts";
import { storeRoot } from "./store-files.ts";
import { type BasicCredential, createTransport } from "./transport.ts";
import { readFiles } from "./tree-files.ts";

export interface RepositoryOptions {
  readonly url: string;
  /** A branch, or a full ref name. */
  readonly ref: string;
  readonly storePath: string;
  readonly limits: SourceLimits;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly disk: Disk;
  readonly ca?: string | undefined;
  readonly credential: () => Promise<BasicCredential | undefined>;
}

interface Opened {
  readonly store: Store;
  readonly reader: ObjectReader;
  /** Every object that the store has. */
  readonly ids: Set<string>;
  /** Commits of which every file was seen to be there. */
  readonly complete: Set<string>;
}

/** The Git source itself, in this thread. Fetches go one after the other; reads see what was published last. */
export function createRepository(options: RepositoryOptions): ConfigSource {
  const address = parseAddress(options.url);
  const ref = fullRef(options.ref);
  const transport = createTransport({ ...options, address });
  const remote = createRemote({ ...options, address, ref, transport });
  const exclusive = createQueue();
  let opening: Promise<Opened> | undefined;

  function opened(): Promise<Opened> {
    opening ??= open(options, address.url).catch((error) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  /** Damage on disk: everything is forgotten and the next poll clones again (G22). */
  async function guarded<T>(read: (opened: Opened) => Promise<T>): Promise<T> {
    const present = await opened();
    try {
      return await read(present);
    } catch (error) {
      if (hasFault(error, "store")) await forget(present);
      throw error;
    }
  }

  async function poll(signal: AbortSignal): Promise<Commit> {
    const present = await opened();
    const tip = await remote.tip(signal);
    const fetching = { remote, present, limits: options.limits, address: address.url, ref };
    if (present.store.revision?.commit === tip) {
      try {
        return await complete(present, tip);
      } catch (error) {
        if (!hasFault(error, "store")) throw error;
        await forget(present);
      }
    }
    return fetchTip(fetching, signal);
  }

  function deeper(present: Opened, signal: AbortSignal): Promise<boolean> {
    const fetching = { remote, present, limits: options.limits, address: address.url, ref };
    return exclusive(() => deepen(fetching, signal));
  }

  async function commit(id: string, signal: AbortSignal): Promise<Commit | undefined> {
    return guarded(async (present) => {
      do {
        if (present.ids.has(id)) return (await present.reader.commit(id)).commit;
      } while (await deeper(present, signal));
      return undefined;
    });
  }

  async function contains(commit: string, ancestor: string, signal: AbortSignal) {
    return guarded(async (present) => {
      do {
        const answer = await isAncestor(cut(present), commit, ancestor);
        if (answer !== "cut") return answer === "yes";
      } while (await deeper(present, signal));
      return undefined;
    });
  }

  async function log(range: Range, signal: AbortSignal): Promise<readonly Commit[]> {
    return guarded(async (present) => {
      let found = await walkRange(cut(present), range);
      while (found.isCut && (await deeper(present, signal))) found = await walkRange(cut(present), range);
      return found.commits;
    });
  }

  function read(commit: string, paths: readonly string[]): Promise<Files> {
    const { fileBytes } = options.limits;
    return guarded(({ reader }) => readFiles({ reader, commit, fileBytes }, paths));
  }

  return {
    poll: (signal) => exclusive(() => poll(signal)),
    commit,
    contains,
    tree: (id): Promise<Tree> => guarded(({ reader }) => reader.tree(id)),
    read,
    log,
    close: () => transport.close(),
  };
}

async function open({ disk, storePath }: RepositoryOptions, url: string): Promise<Opened> {
  const store = await openStore(disk, storePath, url);
  const reader = createObjectReader({ fs: () => store.fs, gitdir: storeRoot });
  const opened: Opened = { store, reader, ids: new Set(), complete: new Set() };
  try {
    for (const index of await store.indexes()) addAll(opened.ids, indexedIds(index));
  } catch (error) {
    if (!hasFault(error, "store")) throw error;
    await forget(opened);
  }
  return opened;
}

async function forget({ store, reader, ids, complete }: Opened): Promise<void> {
  await store.drop();
  reader.drop();
  ids.clear();
  complete.clear();
}

function addAll(ids: Set<string>, more: readonly string[]): void {
  for (const id of more) ids.add(id);
}

function cut({ reader, ids }: Opened) {
  return (id: string) => commitOrCut(reader, (known) => ids.has(known), id);
}

/** The commit, once every tree of it was read and every blob is there (G27). */
async function complete(present: Opened, id: string): Promise<Commit> {
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
      throw invalid(`The object ${id} of ${path} is missing.`, "store");
  }
}

interface Fetching {
  readonly remote: Remote;
  readonly present: Opened;
  readonly limits: SourceLimits;
  readonly address: string;
  readonly ref: string;
}

async function fetchTip(fetching: Fetching, signal: AbortSignal): Promise<Commit> {
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
    const isMendable = !fresh && (hasFault(error, "limit") || hasFault(error, "store"));
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
async function deepen(fetching: Fetching, signal: AbortSignal): Promise<boolean> {
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

function createQueue() {
  let last: Promise<unknown> = Promise.resolve();
  return function exclusive<T>(work: () => Promise<T>): Promise<T> {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}
