import type { Commit } from "../model/artifact.ts";

/** A commit, or undefined where the store ends (shallow). */
export type ReadCommit = (id: string) => Promise<Commit | undefined>;

const commitLimit = 100_000;

/** `cut`: not found, but the history we have is not all there is. */
export type Ancestry = "yes" | "no" | "cut";

/** Whether `ancestor` is `from` or in its history by any parent. A parent's id in a hashed commit is proof enough. */
export async function isAncestor(
  read: ReadCommit,
  from: string,
  ancestor: string,
): Promise<Ancestry> {
  const { ids, isCut } = await reachable(read, from, ancestor);
  if (ids.has(ancestor)) return "yes";
  return isCut ? "cut" : "no";
}

interface Reached {
  readonly ids: ReadonlySet<string>;
  readonly isCut: boolean;
}

/** All ids reachable from one, itself included; stops early once `wanted` is among them. */
async function reachable(read: ReadCommit, from: string, wanted?: string): Promise<Reached> {
  const ids = new Set<string>([from]);
  const open = [from];
  let isCut = false;
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (wanted !== undefined && ids.has(wanted)) break;
    const commit = ids.size > commitLimit ? undefined : await read(id);
    isCut ||= commit === undefined;
    const fresh = (commit?.parents ?? []).filter((parent) => !ids.has(parent));
    for (const parent of fresh) ids.add(parent);
    open.push(...fresh);
  }
  return { ids, isCut };
}

export interface Range {
  readonly from?: string;
  readonly to: string;
  readonly limit: number;
}

/** `isCut`: there may be more, but the history we have ends there. */
export interface RangeLog {
  readonly commits: readonly Commit[];
  readonly isCut: boolean;
}

/** Commits reachable from `to` and not from `from`, newest first, at most `limit`. */
export async function walkRange(read: ReadCommit, { from, to, limit }: Range): Promise<RangeLog> {
  const hidden = from === undefined ? new Set<string>() : (await reachable(read, from)).ids;
  const commits: Commit[] = [];
  const seen = new Set<string>(hidden);
  let isCut = false;
  let open: Commit[] = [];

  async function reach(ids: readonly string[]): Promise<void> {
    for (const id of ids.filter((known) => !seen.has(known))) {
      seen.add(id);
      const commit = await read(id);
      if (commit === undefined) isCut = true;
      else open.push(commit);
    }
  }

  await reach([to]);
  while (open.length > 0 && commits.length < limit) {
    const newest = open.reduce((best, next) => (next.committedAt > best.committedAt ? next : best));
    open = open.filter((commit) => commit !== newest);
    commits.push(newest);
    await reach(newest.parents);
  }
  return { commits, isCut: isCut && commits.length < limit };
}
