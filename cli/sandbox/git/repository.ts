import { parseCommit } from "../../../agent/source/objects.ts";
import { createObjectStore, filesOf, type ObjectStore, writeTrees } from "./objects.ts";

export interface CommitFiles {
  /** Created when it does not exist. */
  readonly branch?: string;
  /** Text by path; `undefined` deletes the file, or every file below a path that ends with `/`. */
  readonly files: Readonly<Record<string, string | Uint8Array | FileSpec | undefined>>;
  readonly message: string;
  /** `Name <mail>` */
  readonly author?: string;
  /** Seconds since the epoch; default: one second after the parent, so that histories are the same in every run. */
  readonly time?: number;
  /** Default: the branch's tip; `[]` starts a new history. */
  readonly parents?: readonly string[];
}

/** A file with its mode: `120000` link, `160000` submodule (content is the commit id), `100755` executable. */
export interface FileSpec {
  readonly mode: "100644" | "100755" | "120000" | "160000";
  readonly content: string | Uint8Array;
}

/** A bare repository in memory. */
export interface SandboxRepository {
  readonly objects: ObjectStore;
  /** Full ref name → object id. */
  readonly refs: Map<string, string>;
  readonly defaultBranch: string;
  /** Writes a commit onto a branch and returns its id. */
  commitFiles(commit: CommitFiles): string;
  head(branch?: string): string | undefined;
  deleteBranch(branch: string): void;
  /** Points a ref (full name, or a branch) anywhere: a forced push. */
  setRef(ref: string, id: string): void;
  /** The text of a file at a branch's tip. */
  fileText(path: string, branch?: string): string | undefined;
}

const firstTime = 1_767_225_600;

export function createSandboxRepository(defaultBranch = "main"): SandboxRepository {
  const objects = createObjectStore();
  const refs = new Map<string, string>();

  function head(branch = defaultBranch): string | undefined {
    return refs.get(fullName(branch));
  }

  function commitFiles(commit: CommitFiles): string {
    const branch = commit.branch ?? defaultBranch;
    const tip = head(branch);
    const parents = commit.parents ?? (tip === undefined ? [] : [tip]);
    const tree = writeTrees(objects, changed(objects, parents[0], commit.files));
    const time = commit.time ?? timeAfter(objects, parents);
    const id = writeCommit(objects, { ...commit, tree, parents, time });
    refs.set(fullName(branch), id);
    return id;
  }

  function fileText(path: string, branch = defaultBranch): string | undefined {
    const tip = head(branch);
    const file = tip === undefined ? undefined : filesOf(objects, treeOf(objects, tip)).get(path);
    const blob = file === undefined ? undefined : objects.get(file.id);
    return blob === undefined ? undefined : Buffer.from(blob.content).toString();
  }

  return {
    objects,
    refs,
    defaultBranch,
    commitFiles,
    head,
    fileText,
    deleteBranch: (branch) => void refs.delete(fullName(branch)),
    setRef: (ref, id) => void refs.set(fullName(ref), id),
  };
}

function fullName(ref: string): string {
  return ref.startsWith("refs/") ? ref : `refs/heads/${ref}`;
}

export function treeOf(objects: ObjectStore, commit: string): string {
  const object = objects.get(commit);
  if (object?.type !== "commit") throw new Error(`No commit ${commit}`);
  return parseCommit(commit, object.content).tree;
}

function changed(objects: ObjectStore, parent: string | undefined, files: CommitFiles["files"]) {
  const all = parent === undefined ? new Map() : filesOf(objects, treeOf(objects, parent));
  for (const [path, file] of Object.entries(files)) {
    if (file === undefined) removeBelow(all, path);
    else all.set(path, addFile(objects, specOf(file)));
  }
  return all;
}

function removeBelow(files: Map<string, unknown>, path: string): void {
  files.delete(path);
  if (!path.endsWith("/")) return;
  for (const known of [...files.keys()]) if (known.startsWith(path)) files.delete(known);
}

function specOf(file: string | Uint8Array | FileSpec): FileSpec {
  return typeof file === "string" || file instanceof Uint8Array
    ? { mode: "100644", content: file }
    : file;
}

function addFile(objects: ObjectStore, { mode, content }: FileSpec): { mode: string; id: string } {
  if (mode === "160000") return { mode, id: String(content) };
  return { mode, id: objects.add({ type: "blob", content: Buffer.from(content) }) };
}

function timeAfter(objects: ObjectStore, parents: readonly string[]): number {
  const times = parents.map((id) => {
    const object = objects.get(id);
    return object === undefined ? 0 : parseCommit(id, object.content).commit.committedAt;
  });
  return Math.max(firstTime, ...times) + 1;
}

interface NewCommit extends CommitFiles {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly time: number;
}

function writeCommit(objects: ObjectStore, commit: NewCommit): string {
  const author = commit.author ?? "Demo <demo@example.com>";
  const signature = `${author} ${commit.time} +0000`;
  const text = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${signature}`,
    `committer ${signature}`,
    "",
    commit.message.endsWith("\n") ? commit.message : `${commit.message}\n`,
  ].join("\n");
  return objects.add({ type: "commit", content: Buffer.from(text) });
}
