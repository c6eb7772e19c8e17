import * as fs from "node:fs";
import { join } from "node:path";
import { getConfig, listBranches } from "isomorphic-git";
import type { Commit, Files, Tree } from "../model/artifact.ts";
import { invalid } from "./errors.ts";
import { findGitFolder, type GitFolder, textOrAbsent } from "./git-folder.ts";
import { isAncestor, type Range, walkRange } from "./history.ts";
import { defaultLimits } from "./limits.ts";
import { createObjectReader } from "./object-reader.ts";
import { knownCommit, resolveRevision } from "./revision.ts";
import { readFiles } from "./tree-files.ts";
import { readWorkTree, type WorkTree } from "./work-tree.ts";

/** The clone that a person works in: the read side of a ConfigSource, and the files as they are on disk. */
export interface LocalRepository {
  /** Top folder of the work tree. */
  readonly root: string;
  /** The commit id that `main`, `HEAD~2`, `origin/main`, a tag or a (short) id names. */
  resolve(revision: string): Promise<string | undefined>;
  commit(revision: string): Promise<Commit | undefined>;
  tree(commit: string): Promise<Tree>;
  read(commit: string, paths: readonly string[]): Promise<Files>;
  contains(commit: string, ancestor: string): Promise<boolean | undefined>;
  log(range: Range): Promise<readonly Commit[]>;
  /** With uncommitted edits. */
  workTree(): Promise<WorkTree>;
  /** Without any userinfo, so that it can be printed. */
  remoteUrl(remote?: string): Promise<string | undefined>;
  /** Undefined when HEAD is detached. */
  currentBranch(): Promise<string | undefined>;
  /** As revisions: `main`, and `origin/main` as it was fetched last. */
  branches(): Promise<readonly string[]>;
}

/** Opens the repository whose work tree holds `folder`. Throws SourceError when there is none. */
export async function openLocalRepository(folder: string): Promise<LocalRepository> {
  const found = await findGitFolder(folder);
  if (found === undefined) {
    throw invalid(
      `${folder} is not inside a Git work tree. Run this in a clone of the config repository.`,
    );
  }
  return createLocalRepository(found);
}

function createLocalRepository(place: GitFolder): LocalRepository {
  const { gitFolder: gitdir, root } = place;
  const reader = createObjectReader({ fs: () => fs, gitdir });
  const read = (id: string) => knownCommit(reader, id);
  const resolve = (revision: string) => resolveRevision(place, reader, revision);

  async function commit(revision: string): Promise<Commit | undefined> {
    const id = await resolve(revision);
    return id === undefined ? undefined : read(id);
  }

  async function contains(commit: string, ancestor: string): Promise<boolean | undefined> {
    const answer = await isAncestor(read, commit, ancestor);
    return answer === "cut" ? undefined : answer === "yes";
  }

  async function workTree(): Promise<WorkTree> {
    const head = await resolve("HEAD");
    const tracked =
      head === undefined ? new Set<string>() : pathsAndFolders(await reader.tree(head));
    return readWorkTree(place, (path) => tracked.has(path));
  }

  return {
    root,
    resolve,
    commit,
    tree: (id) => reader.tree(id),
    read: (id, paths) =>
      readFiles({ reader, commit: id, fileBytes: defaultLimits.fileBytes }, paths),
    contains,
    log: async (range) => (await walkRange(read, range)).commits,
    workTree,
    remoteUrl: (remote = "origin") => remoteUrl(gitdir, remote),
    currentBranch: () => currentBranch(place),
    branches: () => branches(gitdir),
  };
}

function pathsAndFolders(tree: Tree): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const path of tree.keys()) {
    paths.add(path);
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1))
      paths.add(path.slice(0, at));
  }
  return paths;
}

async function branches(gitdir: string): Promise<readonly string[]> {
  const [own, remote] = await Promise.all([
    listBranches({ fs, gitdir }),
    listBranches({ fs, gitdir, remote: "origin" }),
  ]);
  return [...own, ...remote.filter((name) => name !== "HEAD").map((name) => `origin/${name}`)];
}

async function currentBranch({ headFolder }: GitFolder): Promise<string | undefined> {
  const head = await textOrAbsent(join(headFolder, "HEAD"));
  return /^ref: refs\/heads\/(.+)$/m.exec(head ?? "")?.[1];
}

async function remoteUrl(gitdir: string, remote: string): Promise<string | undefined> {
  const url: unknown = await getConfig({ fs, gitdir, path: `remote.${remote}.url` });
  if (typeof url !== "string") return undefined;
  return url.replace(/^(https?:\/\/)[^/@]*@/, "$1");
}
