import type { Commit } from "../model/artifact.ts";
import type { Problem } from "../model/problem.ts";
import type { ConfigSource } from "../source/source.ts";
import { trailersOf } from "../source/trailers.ts";

const historyLimit = 500;

export interface TipQuestion {
  /** The last commit we followed; absent on a cluster that never followed any. */
  readonly accepted: string | undefined;
  readonly tip: Commit;
  /** `holdfast accept --tip`: bound to both ids (P-52). */
  readonly acceptedTip: { readonly from: string; readonly to: string } | undefined;
}

/** P6: forward along history only; a rewritten branch is followed when its new history, or a person, says so (P-52). */
export async function judgeTip(
  source: ConfigSource,
  { accepted, tip, acceptedTip }: TipQuestion,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  if (accepted === undefined || accepted === tip.id) return undefined;
  if (await source.contains(tip.id, accepted, signal)) return undefined;
  if (acceptedTip?.from === accepted && acceptedTip.to === tip.id) return undefined;
  const history = await source.log({ to: tip.id, limit: historyLimit }, signal);
  if (history.some((commit) => acceptsTip(commit, accepted))) return undefined;
  return {
    reason: "NonFastForward",
    message: `${tip.id.slice(0, 7)} "${tip.title}" does not contain ${accepted.slice(0, 7)}, which was followed last`,
    next: `commit with the trailer "Holdfast-Accept-Tip: ${accepted}", or run holdfast accept --tip ${tip.id.slice(0, 12)}`,
  };
}

function acceptsTip(commit: Commit, accepted: string): boolean {
  return trailersOf(commit).acceptTips.some((id) => id.length >= 7 && accepted.startsWith(id));
}
