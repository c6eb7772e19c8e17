import type { Commit, Tree } from "../../agent/model/artifact.ts";
import type { CommandContext, LogRange, Repository } from "./context.ts";

export interface Touching {
  readonly range: LogRange;
  /** At most so many are returned. */
  readonly count: number;
  isMeant(path: string): boolean;
}

/** The commits of a range that change a file that is meant, newest first. A merge counts by what it brings to its first parent. */
export async function commitsTouching(
  { signal }: Pick<CommandContext, "signal">,
  repository: Repository,
  { range, count, isMeant }: Touching,
): Promise<readonly Commit[]> {
  const found: Commit[] = [];
  for (const commit of await repository.log(range)) {
    if (found.length === count) break;
    signal.throwIfAborted();
    const [after, before] = await Promise.all([
      treeOf(commit.id),
      commit.parents[0] === undefined ? new Map() : treeOf(commit.parents[0]),
    ]);
    if (changedPaths(before, after).some(isMeant)) found.push(commit);
  }
  return found;

  async function treeOf(id: string): Promise<Tree> {
    return (await (await repository.at(id))?.tree(signal)) ?? new Map();
  }
}

/** Paths whose content or mode differs, or that are in one tree only. */
export function changedPaths(before: Tree, after: Tree): readonly string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => {
    const [old, fresh] = [before.get(path), after.get(path)];
    return old?.id !== fresh?.id || old?.mode !== fresh?.mode;
  });
}
