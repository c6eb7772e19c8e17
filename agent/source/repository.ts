import type { Commit } from "../model/artifact.ts";
import type { Clock } from "../schedule/clock.ts";
import { fullRef, parseAddress } from "./address.ts";
import type { Disk } from "./disk.ts";
import { hasFault, invalid, SourceError } from "./errors.ts";
import {
  addAll,
  complete,
  deepen,
  type Fetching,
  fetchTip,
  forget,
  type Opened,
} from "./fetching.ts";
import { isAncestor, walkRange } from "./history.ts";
import type { SourceLimits } from "./limits.ts";
import { commitOrCut, createObjectReader } from "./object-reader.ts";
import { indexedIds } from "./pack-index.ts";
import { createRemote } from "./remote.ts";
import type { ConfigSource } from "./source.ts";
import { openStore } from "./store.ts";
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

/** The Git source itself, in this thread. Fetches go one after the other; reads see what was published last. */
export function createRepository(options: RepositoryOptions): ConfigSource {
  const address = parseAddress(options.url);
  const ref = fullRef(options.ref);
  const transport = createTransport({ ...options, address });
  const remote = createRemote({ ...options, address, ref, transport });
  const exclusive = createQueue();
  const opened = once(() => open(options, address.url));

  function fetching(present: Opened): Fetching {
    return { remote, present, limits: options.limits, address: address.url, ref };
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

  return {
    poll: (signal) => exclusive(async () => poll(fetching(await opened()), signal)),
    ...history((present, signal) => exclusive(() => deepen(fetching(present), signal)), guarded),
    tree: (commit) =>
      guarded(({ reader, ids }) => {
        assertFetched(ids, commit);
        return reader.tree(commit);
      }),
    read: (commit, paths) =>
      guarded(({ reader, ids }) => {
        assertFetched(ids, commit);
        return readFiles({ reader, commit, fileBytes: options.limits.fileBytes }, paths);
      }),
    close: () => transport.close(),
  };
}

async function poll(fetching: Fetching, signal: AbortSignal): Promise<Commit> {
  const { remote, present, ref } = fetching;
  const tip = await remote.tip(signal);
  const { revision } = present.store;
  if (revision?.commit === tip && revision.ref === ref) {
    try {
      return await complete(present, tip);
    } catch (error) {
      // It was whole when it was accepted, so the disk is at fault.
      if (!(error instanceof SourceError)) throw error;
      await forget(present);
    }
  }
  return fetchTip(fetching, signal);
}

type Deeper = (present: Opened, signal: AbortSignal) => Promise<boolean>;
type Guarded = <T>(read: (opened: Opened) => Promise<T>) => Promise<T>;

/** Questions about history: each asks for more of it until it is answered, or no more may be had. */
function history(
  deeper: Deeper,
  guarded: Guarded,
): Pick<ConfigSource, "commit" | "contains" | "log"> {
  return {
    commit: (id, signal) =>
      guarded(async (present) => {
        do {
          if (present.ids.has(id)) return (await present.reader.commit(id)).commit;
        } while (await deeper(present, signal));
        return undefined;
      }),
    contains: (commit, ancestor, signal) =>
      guarded(async (present) => {
        do {
          const answer = await isAncestor(cut(present), commit, ancestor);
          if (answer !== "cut") return answer === "yes";
        } while (await deeper(present, signal));
        return undefined;
      }),
    log: (range, signal) =>
      guarded(async (present) => {
        let found = await walkRange(cut(present), range);
        while (found.isCut && (await deeper(present, signal))) {
          found = await walkRange(cut(present), range);
        }
        return found.commits;
      }),
  };
}

function assertFetched(ids: ReadonlySet<string>, commit: string): void {
  if (!ids.has(commit)) throw invalid(`The commit ${commit} was not fetched.`);
}

/** Makes it at the first call; a failure is tried again at the next. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return function get() {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
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

function createQueue() {
  let last: Promise<unknown> = Promise.resolve();
  return function exclusive<T>(work: () => Promise<T>): Promise<T> {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}

/** Commits as far as the store goes. */
function cut({ reader, ids }: Opened) {
  return (id: string) => commitOrCut(reader, (known) => ids.has(known), id);
}
