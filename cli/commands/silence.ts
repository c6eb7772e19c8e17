import type { UnitStatus } from "../../agent/model/status.ts";
import type { AgentLease, ClusterStatus } from "./read-status.ts";

/** An agent that has not renewed its Lease for so many durations is silent. */
const missedRenewals = 3;

/** Since when nothing was heard of the agent; undefined while it is alive. */
export function silentSince(lease: AgentLease | undefined, nowMs: number): string | undefined {
  if (lease === undefined) return undefined;
  const at = Date.parse(lease.renewedAt ?? "");
  if (Number.isNaN(at)) return undefined;
  const limitMs = missedRenewals * lease.durationSeconds * 1000;
  return nowMs - at > limitMs ? lease.renewedAt : undefined;
}

/** What a silent agent wrote last is old: readers call it Unknown (observability §1). */
export function silenced(status: UnitStatus, since: string): UnitStatus {
  return {
    ...status,
    state: "Unknown",
    stage: "fetched",
    reason: "AgentSilent",
    message: `no sign of the agent since ${since}; it said ${status.state}: ${status.reason}`,
    since,
  };
}

/** The later of what the status and the Lease say (observability §3). */
export function withFreshness(status: UnitStatus, lease: AgentLease | undefined): UnitStatus {
  const times = [status.comparedAt, lease?.comparedAt].filter((time) => time !== undefined);
  const comparedAt = times.sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1);
  return comparedAt === undefined || status.comparedAt === undefined
    ? status
    : { ...status, comparedAt };
}

/** What an agent says of its units, as far as it is to be believed now. */
export function heard(
  { statuses, lease }: Pick<ClusterStatus, "statuses" | "lease">,
  nowMs: number,
): readonly UnitStatus[] {
  const silent = silentSince(lease, nowMs);
  return statuses
    .map((status) => withFreshness(status, lease))
    .map((status) => (silent === undefined ? status : silenced(status, silent)));
}
