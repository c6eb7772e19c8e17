import type { Commit } from "../../agent/model/artifact.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import type { Repository } from "./context.ts";
import type { Superseding } from "./explain-stages.ts";

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
