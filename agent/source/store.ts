import { join } from "node:path";
import type { PromiseFsClient } from "isomorphic-git";
import type { Disk } from "./disk.ts";
import { SourceError } from "./errors.ts";
import { type StoreFiles, storeFs } from "./store-files.ts";

/** Our own record of what was fetched and checked; written last, by rename, so it is what makes a fetch visible. */
export interface Revision {
  readonly url: string;
  readonly ref: string;
  readonly commit: string;
  /** Commits whose parents the store lacks. */
  readonly shallow: readonly string[];
  /** How deep the history was asked for. */
  readonly depth: number;
  /** Of all packs in the folder. */
  readonly bytes: number;
  /** The folder that holds the packs; a fresh clone gets another (G30). */
  readonly folder: string;
}

/** A fetch that is not visible yet: in memory until it is published. */
export interface Stage {
  readonly fs: PromiseFsClient;
  readonly folder: string;
  /** Indexes that the fetch brought. */
  indexes(): readonly Uint8Array[];
  shallow(): readonly string[];
  publish(revision: Omit<Revision, "folder" | "shallow" | "bytes">): Promise<Revision>;
}

export interface StageOptions {
  /** Starts an empty folder beside the present one. */
  readonly fresh: boolean;
  /** Called with a pack before it is indexed; throws to refuse it (security §4.4). */
  readonly check: (pack: Uint8Array) => void;
}

export interface Store {
  readonly revision: Revision | undefined;
  /** Read-only view of what is published. */
  readonly fs: PromiseFsClient;
  indexes(): Promise<readonly Uint8Array[]>;
  packCount(): Promise<number>;
  stage(options: StageOptions): Stage;
  /** Forgets everything: what is on disk is not what we wrote. */
  drop(): Promise<void>;
}

const recordName = "revision.json";

function isId(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{40}$/.test(value);
}

/** A record that is not exactly what we write counts as none: the store is then empty and is cloned again. */
function parseRevision(raw: Uint8Array | undefined): Revision | undefined {
  if (raw === undefined) return undefined;
  try {
    const record: Partial<Record<keyof Revision, unknown>> = JSON.parse(
      Buffer.from(raw).toString(),
    );
    const { url, ref, commit, shallow, depth, bytes, folder } = record;
    if (typeof url !== "string" || typeof ref !== "string" || !isId(commit)) return undefined;
    if (!Array.isArray(shallow) || !shallow.every(isId)) return undefined;
    if (typeof depth !== "number" || typeof bytes !== "number") return undefined;
    if (typeof folder !== "string" || !/^packs-\d+$/.test(folder)) return undefined;
    return { url, ref, commit, shallow, depth, bytes, folder };
  } catch {
    return undefined;
  }
}

/** Opens a store for one repository address; leftovers of a fetch that was cut off are removed. */
export async function openStore(disk: Disk, path: string, url: string): Promise<Store> {
  await disk.makeFolder(path);
  const read = parseRevision(await disk.read(join(path, recordName)));
  // Another repository's objects are none of ours (G36).
  const revision = read?.url === url ? read : undefined;
  const store = createStore({ disk, path, revision });
  await store.clean();
  return store;
}

interface State {
  readonly disk: Disk;
  readonly path: string;
  revision: Revision | undefined;
  /** Names of the packs in the revision's folder; only we write there. */
  names?: Promise<readonly string[]> | undefined;
}

function createStore(state: State): Store & { clean(): Promise<void> } {
  const { disk, path } = state;

  async function clean(): Promise<void> {
    const { revision } = state;
    const kept = revision === undefined ? [] : [recordName, revision.folder];
    await removeAll(disk, path, (name) => !kept.includes(name));
    if (revision === undefined) return;
    await removeAll(disk, join(path, revision.folder), (name) => name.endsWith(".tmp"));
  }

  async function indexes(): Promise<readonly Uint8Array[]> {
    const files = published(state);
    const names = (await files.packNames()).filter((name) => name.endsWith(".idx"));
    const found = await Promise.all(names.map((name) => files.readPack(name)));
    return found.flatMap((index) => (index === undefined ? [] : [index]));
  }

  async function drop(): Promise<void> {
    state.revision = undefined;
    state.names = undefined;
    await clean();
  }

  return {
    get revision() {
      return state.revision;
    },
    get fs() {
      return storeFs(published(state));
    },
    indexes,
    packCount: async () => (await published(state).packNames()).length / 2,
    stage: (options) => createStage(state, options),
    drop,
    clean,
  };
}

function published(state: State): StoreFiles {
  const { disk, path, revision } = state;
  const folder = join(path, revision?.folder ?? "none");
  return {
    tip: revision?.commit,
    shallow: revision?.shallow ?? [],
    packNames: () => {
      state.names ??= disk.list(folder);
      return state.names;
    },
    readPack: (name) => disk.read(join(folder, name)),
  };
}

function createStage(state: State, { fresh, check }: StageOptions): Stage {
  const { disk, path, revision } = state;
  const base = published(fresh ? { disk, path, revision: undefined } : state);
  const folder = fresh || revision === undefined ? nextFolder(revision?.folder) : revision.folder;
  const staged = new Map<string, Uint8Array>();
  let shallow = base.shallow;

  const fs = storeFs({
    ...base,
    packNames: async () => [...new Set([...(await base.packNames()), ...staged.keys()])],
    readPack: async (name) => staged.get(name) ?? (await base.readPack(name)),
    get shallow() {
      return shallow;
    },
    staging: {
      shallow(oids) {
        shallow = oids;
      },
      pack(name, content) {
        if (name.endsWith(".pack")) check(content);
        staged.set(name, content);
      },
    },
  });

  async function publish(next: Omit<Revision, "folder" | "shallow" | "bytes">): Promise<Revision> {
    await disk.makeFolder(join(path, folder));
    // Packs before indexes: an index without its pack would make objects seem to be there.
    const names = [...staged.keys()].sort(
      (a, b) => Number(a.endsWith(".idx")) - Number(b.endsWith(".idx")),
    );
    for (const name of names) {
      await disk.write(join(path, folder, name), staged.get(name) ?? new Uint8Array());
    }
    const before = revision?.folder === folder ? revision.bytes : 0;
    const bytes = [...staged.values()].reduce((sum, { length }) => sum + length, before);
    const record: Revision = { ...next, shallow, bytes, folder };
    await disk.write(join(path, recordName), Buffer.from(`${JSON.stringify(record)}\n`));
    state.revision = record;
    state.names = undefined;
    // The folder before this one stays until the next fetch: reads of it may still be under way.
    const kept = [recordName, folder, revision?.folder];
    await removeAll(disk, path, (name) => !kept.includes(name));
    return record;
  }

  return {
    fs,
    folder,
    indexes: () => [...staged].filter(([name]) => name.endsWith(".idx")).map(([, index]) => index),
    shallow: () => shallow,
    publish,
  };
}

async function removeAll(
  disk: Disk,
  folder: string,
  isOver: (name: string) => boolean,
): Promise<void> {
  for (const name of (await disk.list(folder)).filter(isOver))
    await disk.remove(join(folder, name));
}

function nextFolder(folder: string | undefined): string {
  const number = Number(folder?.slice("packs-".length) ?? 0);
  if (!Number.isSafeInteger(number))
    throw new SourceError("SourceInvalid", "The store is damaged.");
  return `packs-${number + 1}`;
}
