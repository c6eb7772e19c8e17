import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import type { Files } from "../model/artifact.ts";

const prefix = "holdfast-render-";
/** A container's process has the same number after every start, but not the same time. */
const thisProcess = `${process.pid}-${Math.round(performance.timeOrigin).toString(36)}`;

/** A folder that exists for one child only: nobody else may look, and it is always removed (security §12). */
export interface Workspace {
  readonly folder: string;
  /** Where the unit's files lie, as in the repository. */
  readonly tree: string;
  /** For caches and homes; empty. */
  readonly home: string;
  /** Puts a file beside the tree; its path. */
  put(name: string, text: string | Uint8Array): Promise<string>;
}

/** Makes a private folder with a unit's plain files, lets `use` work in it, and takes it away again, however that ends. */
export async function inWorkspace<T>(
  parent: string,
  files: Files,
  use: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  // mkdtemp makes it 0700, and its name is random.
  const folder = await mkdtemp(join(parent, `${prefix}${thisProcess}-`));
  try {
    const [tree, home] = [join(folder, "tree"), join(folder, "home")];
    await mkdir(tree, { mode: 0o700 });
    await mkdir(home, { mode: 0o700 });
    await writeAll(tree, files);
    const put = async (name: string, text: string | Uint8Array): Promise<string> => {
      const path = join(folder, name);
      await writeFile(path, text, { mode: 0o600, flag: "wx" });
      return path;
    };
    return await use({ folder, tree, home, put });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeAll(tree: string, files: Files): Promise<void> {
  const made = new Set<string>();
  for (const [path, bytes] of files) {
    const target = join(tree, path);
    // Trees are checked where they are read; a second look costs nothing here.
    if (!target.startsWith(tree + sep)) throw new Error(`a path leaves its folder: ${path}`);
    const folder = dirname(target);
    if (!made.has(folder)) await mkdir(folder, { recursive: true, mode: 0o700 });
    made.add(folder);
    await writeFile(target, bytes, { mode: 0o600, flag: "wx" });
  }
}

/** Removes what processes that were killed left behind. */
export async function sweepWorkspaces(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const [, owner, pid] = new RegExp(`^${prefix}(([0-9]+)-[0-9a-z]+)-`).exec(name) ?? [];
    if (owner === undefined || owner === thisProcess) continue;
    if (Number(pid) !== process.pid && isAlive(Number(pid))) continue;
    // Another user's, or gone meanwhile: neither is ours to remove.
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
