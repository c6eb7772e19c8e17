import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { errorCode } from "./errors.ts";

/** Where a work tree and its repository are on this machine. */
export interface GitFolder {
  /** The work tree. */
  readonly root: string;
  /** Holds `HEAD` of this work tree. */
  readonly headFolder: string;
  /** Holds objects, refs and config; another one than `headFolder` in a linked work tree. */
  readonly gitFolder: string;
}

/** Finds the work tree that holds `folder`, by the nearest `.git`; undefined when there is none. */
export async function findGitFolder(folder: string): Promise<GitFolder | undefined> {
  for (let root = resolve(folder); ; root = dirname(root)) {
    const headFolder = await gitFolderOf(root);
    if (headFolder !== undefined) {
      return { root, headFolder, gitFolder: await commonFolder(headFolder) };
    }
    if (dirname(root) === root) return undefined;
  }
}

/** `.git` is a folder, or in linked work trees and submodules a file that says where it is. */
async function gitFolderOf(root: string): Promise<string | undefined> {
  const path = join(root, ".git");
  try {
    if ((await stat(path)).isDirectory()) return path;
    const target = /^gitdir: (.+)$/m.exec(await readFile(path, "utf8"))?.[1];
    return target === undefined ? undefined : absolute(root, target);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function commonFolder(headFolder: string): Promise<string> {
  const common = await textOrAbsent(join(headFolder, "commondir"));
  return common === undefined ? headFolder : absolute(headFolder, common.trim());
}

function absolute(base: string, path: string): string {
  return isAbsolute(path) ? path : resolve(base, path);
}

/** A file's text; undefined when there is no such file. */
export async function textOrAbsent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}
