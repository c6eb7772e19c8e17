import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { LocalRepository } from "../agent/source/local.ts";
import type { ConfigSource } from "../agent/source/source.ts";
import type { Repository, RepositoryView } from "./commands/context.ts";
import { CliError } from "./commands/result.ts";

export interface RepositoryWish {
  readonly repo: string | undefined;
  readonly ref: string | undefined;
  readonly cwd: string;
}

export interface ClonePlace {
  readonly url: string;
  readonly ref: string;
  /** A folder of its own. */
  readonly storePath: string;
}

type Clone = (place: ClonePlace) => ConfigSource;

/** The config repository that a command means; undefined: none is named and none encloses the folder. */
export async function openRepository(
  wish: RepositoryWish,
  clone: Clone,
  signal: AbortSignal,
): Promise<Repository | undefined> {
  const { repo, ref, cwd } = wish;
  if (repo === undefined) return await enclosing(cwd, ref);
  const folder = resolve(cwd, repo);
  if (await isFolder(folder)) return await enclosing(folder, ref);
  if (/^https?:\/\//.test(repo))
    return await cloned({ url: repo, ref: ref ?? "main" }, clone, signal);
  throw new CliError({
    what: `--repo ${repo} is no folder and no address`,
    next: "name a clone, or an https address",
  });
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

async function enclosing(folder: string, ref: string | undefined): Promise<Repository | undefined> {
  const { openLocalRepository } = await import("../agent/source/local.ts");
  const local = await openLocalRepository(folder).catch(() => undefined);
  if (local === undefined) return undefined;
  const tip = ref ?? "HEAD";
  const head = await viewOf(local, tip);
  const hasFleet =
    (await stat(join(local.root, "fleet.yaml")).catch(() => undefined)) !== undefined;
  if (!hasFleet && ref === undefined) return undefined;
  return {
    place: (await local.remoteUrl()) ?? local.root,
    ref: ref ?? (await local.currentBranch()) ?? "HEAD",
    folder: local.root,
    head: async () => head,
    newest: async () => (ref === undefined ? workTreeView(local) : known(head, tip)),
    at: (revision) => viewOf(local, revision),
    contains: (commit, ancestor) => local.contains(commit, ancestor),
    log: (range) => local.log(range),
    branches: () => local.branches(),
    push: async (branch, signal) => {
      const { pushBranch } = await import("./branch.ts");
      return await pushBranch(local.root, branch, signal);
    },
    close: async () => {},
  };
}

function known(view: RepositoryView | undefined, name: string): RepositoryView {
  if (view !== undefined) return view;
  throw new CliError({ what: `there is no branch ${name}`, next: "git branch --all lists them" });
}

async function viewOf(
  local: LocalRepository,
  revision: string,
): Promise<RepositoryView | undefined> {
  const commit = await local.commit(revision);
  if (commit === undefined) return undefined;
  const { id, title, author, committedAt } = commit;
  return {
    commit: id,
    title,
    author,
    committedAt,
    tree: () => local.tree(id),
    read: (paths) => local.read(id, paths),
  };
}

/** Everything on disk, committed or not; read once, so that tree and contents agree. */
function workTreeView(local: LocalRepository): RepositoryView {
  const read = local.workTree();
  return {
    commit: undefined,
    title: "the work tree",
    author: undefined,
    committedAt: undefined,
    tree: async () => (await read).tree,
    read: async (paths) => {
      const { files } = await read;
      return new Map(
        paths.flatMap((path) => {
          const content = files.get(path);
          return content === undefined ? [] : [[path, content] as const];
        }),
      );
    },
  };
}

interface Remote {
  readonly url: string;
  readonly ref: string;
}

/** A clone for the time of one command. */
async function cloned(
  { url, ref }: Remote,
  clone: Clone,
  signal: AbortSignal,
): Promise<Repository> {
  const storePath = await mkdtemp(join(tmpdir(), "holdfast-"));
  const source = clone({ url, ref, storePath });
  const close = async () => {
    await source.close();
    await rm(storePath, { recursive: true, force: true });
  };
  try {
    const tip = await source.poll(signal);
    const newest = await remoteView(source, tip.id, signal);
    const named = known(newest, ref);
    return {
      place: url,
      ref,
      folder: undefined,
      head: async () => named,
      newest: async () => named,
      at: async (revision) =>
        revision === ref ? named : await remoteView(source, revision, signal),
      contains: (commit, ancestor) => source.contains(commit, ancestor, signal),
      log: (range) => source.log(range, signal),
      branches: async () => [ref],
      push: async ({ name }) => {
        throw new CliError({
          what: `branch ${name} cannot be made in ${url}`,
          why: "a branch is made in a clone, with the credentials that Git has there",
          next: "run it in a clone, or take the change as a patch: --patch FILE",
        });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function remoteView(
  source: ConfigSource,
  id: string,
  signal: AbortSignal,
): Promise<RepositoryView | undefined> {
  if (!/^[0-9a-f]{40}$/.test(id)) return undefined;
  const commit = await source.commit(id, signal);
  if (commit === undefined) return undefined;
  return {
    commit: commit.id,
    title: commit.title,
    author: commit.author,
    committedAt: commit.committedAt,
    tree: (until) => source.tree(commit.id, until),
    read: (paths, until) => source.read(commit.id, paths, until),
  };
}
