import { parseCommit, parseTree } from "../../../agent/source/objects.ts";
import { type GitObject, objectId } from "../../../agent/source/pack.ts";

/** All objects of a repository, in memory. */
export interface ObjectStore {
  add(object: GitObject): string;
  get(id: string): GitObject | undefined;
  has(id: string): boolean;
}

export function createObjectStore(): ObjectStore {
  const objects = new Map<string, GitObject>();
  return {
    add({ type, content }) {
      const id = objectId({ type, content });
      if (!objects.has(id)) objects.set(id, { type, content: new Uint8Array(content) });
      return id;
    },
    get: (id) => objects.get(id),
    has: (id) => objects.has(id),
  };
}

/** Parents of a commit; none for anything else. */
export function parentsOf(store: ObjectStore, id: string): readonly string[] {
  const object = store.get(id);
  return object?.type === "commit" ? parseCommit(id, object.content).commit.parents : [];
}

/** What a tag names in the end. */
export function peel(store: ObjectStore, id: string): string {
  const object = store.get(id);
  if (object?.type !== "tag") return id;
  const target = /^object ([0-9a-f]{40})\n/.exec(
    Buffer.from(object.content).toString("latin1"),
  )?.[1];
  return target === undefined ? id : peel(store, target);
}

/** Every object below a tree, the tree included, that is not in `seen` yet; `seen` grows. */
export function* treeObjects(
  store: ObjectStore,
  tree: string,
  seen: Set<string>,
): Generator<string> {
  if (seen.has(tree)) return;
  seen.add(tree);
  const object = store.get(tree);
  if (object === undefined) return;
  yield tree;
  for (const { mode, id } of parseEntries(object.content)) {
    if (mode === "40000") yield* treeObjects(store, id, seen);
    else if (mode !== "160000" && !seen.has(id)) {
      seen.add(id);
      yield id;
    }
  }
}

/** Entries without any check: this server also serves hostile trees. */
export function parseEntries(raw: Uint8Array): { mode: string; name: string; id: string }[] {
  const bytes = Buffer.from(raw);
  const entries: { mode: string; name: string; id: string }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const nul = bytes.indexOf(0, space);
    const mode = bytes.toString("latin1", at, space);
    const name = bytes.toString("utf8", space + 1, nul);
    entries.push({ mode, name, id: bytes.toString("hex", nul + 1, nul + 21) });
    at = nul + 21;
  }
  return entries;
}

/** Files of a tree by path, with mode and id; folders are walked. */
export function filesOf(
  store: ObjectStore,
  tree: string,
  folder = "",
): Map<string, { mode: string; id: string }> {
  const files = new Map<string, { mode: string; id: string }>();
  for (const { mode, name, id } of parseTree(
    store.get(tree)?.content ?? new Uint8Array(),
    folder,
  )) {
    if (mode !== "40000") files.set(folder + name, { mode, id });
    else for (const [path, file] of filesOf(store, id, `${folder}${name}/`)) files.set(path, file);
  }
  return files;
}

/** Writes the trees of a set of files; returns the root's id. */
export function writeTrees(
  store: ObjectStore,
  files: ReadonlyMap<string, { mode: string; id: string }>,
): string {
  const folders = new Map<string, Map<string, { mode: string; id: string }>>();
  const entries: { name: string; mode: string; id: string }[] = [];
  for (const [path, file] of files) {
    const slash = path.indexOf("/");
    if (slash < 0) entries.push({ name: path, ...file });
    else {
      const name = path.slice(0, slash);
      const below = folders.get(name) ?? new Map();
      folders.set(name, below.set(path.slice(slash + 1), file));
    }
  }
  for (const [name, below] of folders)
    entries.push({ name, mode: "40000", id: writeTrees(store, below) });
  return store.add({ type: "tree", content: treeContent(entries) });
}

/** The bytes of a tree, in Git's order. */
export function treeContent(
  entries: readonly { name: string; mode: string; id: string }[],
): Buffer {
  const key = ({ name, mode }: { name: string; mode: string }) =>
    Buffer.from(mode === "40000" ? `${name}/` : name);
  const sorted = [...entries].sort((a, b) => Buffer.compare(key(a), key(b)));
  return Buffer.concat(
    sorted.flatMap(({ name, mode, id }) => [
      Buffer.from(`${mode} ${name}\0`),
      Buffer.from(id, "hex"),
    ]),
  );
}
