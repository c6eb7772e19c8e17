import type { Commit } from "../../agent/model/artifact.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import type { Repository } from "./context.ts";
import type { Superseding } from "./explain-stages.ts";
import type { Wanted } from "./wanted.ts";

const looksBack = 500;

/** The newer commit that takes a commit back; a revert that is itself reverted does not count. */
export async function revertOf(
  repository: Repository,
  commit: string,
): Promise<Superseding | undefined> {
  const tip = (await repository.head())?.commit;
  if (tip === undefined || tip === commit) return undefined;
  const newer = await repository.log({ from: commit, to: tip, limit: looksBack });
  const by = standingRevert(commit, newer);
  return by === undefined ? undefined : { by: by.id, how: "reverted" };
}

/** Newest first. */
function standingRevert(commit: string, newer: readonly Commit[]): Commit | undefined {
  return newer.find(
    ({ id, message }, index) =>
      message.includes(`This reverts commit ${commit}`) &&
      standingRevert(id, newer.slice(0, index)) === undefined,
  );
}

/** A squashed revert loses its words: what runs is what there was before the commit, and not what it made of the unit. */
export function undoneBy(
  { app, cluster, changeId, revisions }: UnitStatus,
  { wanted, before }: { readonly wanted: Wanted; readonly before: Wanted | undefined },
): Superseding | undefined {
  const made = wanted.changeOf(app, cluster);
  const isBack = changeId !== undefined && changeId === before?.changeOf(app, cluster);
  const by = revisions.attempted?.commit;
  if (!isBack || made === undefined || made === changeId || by === undefined) return undefined;
  return by === wanted.commit || by === before?.commit ? undefined : { by, how: "reverted" };
}

/** What the agent went on to instead: its memory says that it never got to this commit by itself. */
export function skippedFor(
  commit: string,
  status: UnitStatus | undefined,
): Superseding | undefined {
  const entry = status?.history.find((one) => one.commit === commit);
  const by = status?.revisions.attempted?.commit;
  const isSkipped = entry?.result === "superseded" && entry.liveAt === undefined;
  return isSkipped && by !== undefined && by !== commit ? { by, how: "skipped" } : undefined;
}
