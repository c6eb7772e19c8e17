import type { Commit } from "../model/artifact.ts";

/** A commit, or undefined where the store ends (shallow). */
export type ReadCommit = (id: string) => Promise<Commit | undefined>;

const commitLimit = 100_000;

/** `cut`: not found, but the history we have is not all there is. */
export type Ancestry = "yes" | "no" | "cut";

/** Whether `ancestor` is `from` or in its history by any parent. */
export async function isAncestor(
  read: ReadCommit,
  from: string,
  ancestor: string,
): Promise<Ancestry> {
  const seen = new Set<string>([from]);
  const open = [from];
  let isCut = false;
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === ancestor) return "yes";
    const commit = seen.size > commitLimit ? undefined : await read(id);
    if (commit === undefined) isCut = true;
    for (const parent of commit?.parents ?? []) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      open.push(parent);
    }
  }
  return isCut ? "cut" : "no";
}

export interface Range {
  readonly from?: string;
  readonly to: string;
  readonly limit: number;
}

/** Commits reachable from `to` and not from `from`, newest first, at most `limit`. */
export async function walkRange(read: ReadCommit, { from, to, limit }: Range): Promise<Commit[]> {
  const hidden = from === undefined ? new Set<string>() : await reachable(read, from);
  const found: Commit[] = [];
  const seen = new Set<string>([to]);
  let open: Commit[] = await readAll(read, hidden.has(to) ? [] : [to]);
  while (open.length > 0 && found.length < limit) {
    const newest = open.reduce((best, next) => (next.committedAt > best.committedAt ? next : best));
    found.push(newest);
    const fresh = newest.parents.filter((parent) => !seen.has(parent) && !hidden.has(parent));
    for (const parent of fresh) seen.add(parent);
    open = [...open.filter((commit) => commit !== newest), ...(await readAll(read, fresh))];
  }
  return found;
}

async function reachable(read: ReadCommit, from: string): Promise<Set<string>> {
  const seen = new Set<string>([from]);
  const open = [from];
  for (let id = open.pop(); id !== undefined && seen.size < commitLimit; id = open.pop()) {
    for (const parent of (await read(id))?.parents ?? []) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      open.push(parent);
    }
  }
  return seen;
}

async function readAll(read: ReadCommit, ids: readonly string[]): Promise<Commit[]> {
  const commits: Commit[] = [];
  for (const id of ids) {
    const commit = await read(id);
    if (commit !== undefined) commits.push(commit);
  }
  return commits;
}
