import { execFile, spawn } from "node:child_process";
import * as fs from "node:fs";
import {
  commit as commitTree,
  getConfig,
  readTree,
  resolveRef,
  type TreeEntry,
  writeBlob,
  writeTree,
} from "isomorphic-git";
import { findGitFolder } from "../agent/source/git-folder.ts";
import type { MadeBranch, NewBranch, NewFile } from "./commands/context.ts";
import { CliError } from "./commands/result.ts";

type Files = NewBranch["files"];

/** Makes a commit on a new branch of the local repository, then has the user's own `git` push it: credentials are Git's affair. */
export async function pushBranch(
  root: string,
  { name, base, message, files }: NewBranch,
  signal: AbortSignal,
): Promise<MadeBranch> {
  const gitdir = (await findGitFolder(root))?.gitFolder ?? root;
  await refuseExisting(gitdir, name);
  const author = await userOf(root, gitdir);
  const tree = await editedTree({ gitdir, oid: base }, files);
  if (tree === undefined) throw new Error(`a branch without any file is no branch: ${name}`);
  const ref = `refs/heads/${name}`;
  const commit = await commitTree({ fs, gitdir, ref, parent: [base], tree, message, author });
  const command = `git push origin ${name}`;
  return { commit, command, isPushed: await push(root, name, signal) };
}

async function refuseExisting(gitdir: string, name: string): Promise<void> {
  const found = await resolveRef({ fs, gitdir, ref: `refs/heads/${name}` }).catch(() => undefined);
  if (found === undefined) return;
  throw new CliError({
    what: `there is a branch ${name} already`,
    why: `it is at ${found.slice(0, 7)}; an existing branch is never moved`,
    next: `push that one: git push origin ${name}; or drop it: git branch -D ${name}`,
  });
}

interface Person {
  readonly name: string;
  readonly email: string;
}

async function userOf(root: string, gitdir: string): Promise<Person> {
  const [name, email] = await Promise.all([
    setting(root, gitdir, "user.name"),
    setting(root, gitdir, "user.email"),
  ]);
  if (name !== undefined && email !== undefined) return { name, email };
  throw new CliError({
    what: "Git does not know who you are",
    why: `${name === undefined ? "user.name" : "user.email"} is not set`,
    next: 'git config user.name "Your Name"; git config user.email you@example.com',
  });
}

/** As `git` finds it, in the user's and the machine's files, too; without `git` from the repository alone. */
async function setting(root: string, gitdir: string, path: string): Promise<string | undefined> {
  const said = await new Promise<string>((done) => {
    execFile("git", ["config", path], { cwd: root }, (_error, stdout) => done(stdout.trim()));
  });
  if (said !== "") return said;
  const value: unknown = await getConfig({ fs, gitdir, path });
  return typeof value === "string" && value !== "" ? value : undefined;
}

interface TreePlace {
  readonly gitdir: string;
  /** Of a commit or tree; undefined: there is none yet. */
  readonly oid: string | undefined;
}

/** The tree with these files set or taken out; undefined when nothing is left in it. What is not named stays as it is. */
async function editedTree({ gitdir, oid }: TreePlace, files: Files): Promise<string | undefined> {
  const before = oid === undefined ? [] : (await readTree({ fs, gitdir, oid })).tree;
  const entries = new Map(before.map((entry) => [entry.path, entry]));
  for (const [name, inside] of byFirstPart(files)) {
    const entry = await editedEntry({ gitdir, name, old: entries.get(name) }, inside);
    if (entry === undefined) entries.delete(name);
    else entries.set(name, entry);
  }
  if (entries.size === 0) return undefined;
  return await writeTree({ fs, gitdir, tree: [...entries.values()] });
}

/** What lies below each name of one folder; the name itself is there as `""`. */
function byFirstPart(files: Files): ReadonlyMap<string, Files> {
  const groups = Map.groupBy(files, ([path]) => path.split("/", 1)[0] ?? "");
  return new Map(
    [...groups].map(([name, all]) => [
      name,
      new Map(all.map(([path, file]) => [path.slice(name.length + 1), file])),
    ]),
  );
}

interface EntryPlace {
  readonly gitdir: string;
  readonly name: string;
  readonly old: TreeEntry | undefined;
}

async function editedEntry(
  { gitdir, name, old }: EntryPlace,
  inside: Files,
): Promise<TreeEntry | undefined> {
  if (inside.has("")) {
    const file = inside.get("");
    return file === undefined ? undefined : await blob(gitdir, name, file);
  }
  const tree = await editedTree(
    { gitdir, oid: old?.type === "tree" ? old.oid : undefined },
    inside,
  );
  return tree === undefined ? undefined : subtree(name, tree);
}

function subtree(path: string, oid: string): TreeEntry {
  return { mode: "040000", path, oid, type: "tree" };
}

async function blob(gitdir: string, path: string, { content, mode }: NewFile): Promise<TreeEntry> {
  return { mode, path, oid: await writeBlob({ fs, gitdir, blob: content }), type: "blob" };
}

/** False: there is no `git`. What it asks and says goes to the terminal, never to stdout. */
async function push(root: string, name: string, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const child = spawn("git", ["push", "origin", `refs/heads/${name}`], {
    cwd: root,
    stdio: ["inherit", 2, 2],
    signal,
  });
  child.on("error", (error) =>
    "code" in error && error.code === "ENOENT" ? resolve(false) : reject(error),
  );
  child.on("close", (code) => (code === 0 ? resolve(true) : reject(refused(name))));
  return await promise;
}

function refused(name: string): CliError {
  return new CliError({
    what: `branch ${name} was made here and could not be pushed`,
    why: "git push says why, above",
    next: `git push origin ${name}`,
  });
}
