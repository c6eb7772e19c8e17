import * as fs from "node:fs";
import { join } from "node:path";
import { isIgnored } from "isomorphic-git";
import type { FileMode, Files, Tree, TreeEntry } from "../model/artifact.ts";
import type { GitFolder } from "./git-folder.ts";
import { objectId } from "./pack.ts";

/** The files as they are on disk now, named and hashed as Git would. */
export interface WorkTree {
  readonly tree: Tree;
  /** Contents; of links, what they say. */
  readonly files: Files;
}

/** Reads a work tree: without `.git`, without what `.gitignore` names unless it is tracked (`isTracked`). Links are not followed. */
export async function readWorkTree(
  folder: GitFolder,
  isTracked: (path: string) => boolean,
): Promise<WorkTree> {
  const tree: [string, TreeEntry][] = [];
  const files = new Map<string, Uint8Array>();
  for await (const path of walk(folder, isTracked)) {
    const { mode, content } = await readEntry(join(folder.root, path));
    tree.push([path, { mode, id: objectId({ type: "blob", content }) }]);
    files.set(path, content);
  }
  return { tree: new Map(tree.sort(([a], [b]) => (a < b ? -1 : 1))), files };
}

type IsTracked = (path: string) => boolean;

async function* walk(folder: GitFolder, isTracked: IsTracked, below = ""): AsyncGenerator<string> {
  const entries = await fs.promises.readdir(join(folder.root, below), { withFileTypes: true });
  for (const entry of entries) {
    const path = below + entry.name;
    if (entry.name === ".git" || !(await isWanted(folder, path, isTracked))) continue;
    if (entry.isFile() || entry.isSymbolicLink()) yield path;
    const isOurs = entry.isDirectory() && !isOwnRepository(join(folder.root, path));
    if (isOurs) yield* walk(folder, isTracked, `${path}/`);
  }
}

async function isWanted(
  { root, gitFolder }: GitFolder,
  path: string,
  isTracked: IsTracked,
): Promise<boolean> {
  if (isTracked(path)) return true;
  return !(await isIgnored({ fs, dir: root, gitdir: gitFolder, filepath: path }));
}

/** A submodule or a clone inside: not part of this work tree. */
function isOwnRepository(path: string): boolean {
  return fs.existsSync(join(path, ".git"));
}

async function readEntry(path: string): Promise<{ mode: FileMode; content: Uint8Array }> {
  const { lstat, readFile, readlink } = fs.promises;
  const status = await lstat(path);
  if (status.isSymbolicLink())
    return { mode: "120000", content: Buffer.from(await readlink(path)) };
  const isExecutable = (status.mode & 0o100) !== 0;
  return { mode: isExecutable ? "100755" : "100644", content: await readFile(path) };
}
