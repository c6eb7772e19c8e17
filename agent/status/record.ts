import type { HistoryEntry, ObjectCounts, UnitStatus } from "../model/status.ts";
import { halve, shrinkToFit } from "./size.ts";

/** Bytes of JSON up to which history is kept: what 20 clusters push all day must stay small. */
const usualBytes = 64 * 1024;
/** A reader believes nothing larger. Some 850 apps without history (64 KiB: 110): what is said of an app is never cut. */
export const recordLimit = 512 * 1024;
const historyLimit = 5;

/** What a record says of the cluster itself; times ISO 8601. */
export interface RecordFacts {
  readonly cluster: string;
  /** Of its kube-system namespace. */
  readonly uid: string;
  readonly sequence: number;
  readonly publishedAt: string;
  /** Seconds; readers call it silent after three of these. */
  readonly heartbeat: number;
  /** Version. */
  readonly agent: string;
  readonly kubernetes: string;
  readonly source: { readonly fetched?: string; readonly reason?: string };
}

/** One unit as other clusters see it: states and digests, no messages, no object contents. */
export interface UnitRecord {
  readonly state: UnitStatus["state"];
  readonly stage: UnitStatus["stage"];
  readonly reason: UnitStatus["reason"];
  readonly since: string;
  readonly comparedAt?: string;
  readonly change?: string;
  readonly commits: {
    /** The newest that is meant for it. */
    readonly desired?: string;
    readonly attempted?: string;
    readonly applied?: string;
    readonly live?: string;
  };
  readonly digest?: string;
  readonly counts: ObjectCounts;
  readonly history: readonly RecordedChange[];
}

type RecordedChange = Omit<HistoryEntry, "digest">;

/** The status record of one cluster, one JSON form for every carrier (observability §3). */
export interface StatusRecord extends RecordFacts {
  readonly format: 1;
  readonly units: Readonly<Record<string, UnitRecord>>;
}

/** Projects statuses into a record of at most 64 KiB if that is possible: history is cut, and is all that is cut. */
export function toRecord(facts: RecordFacts, statuses: readonly UnitStatus[]): StatusRecord {
  const sorted = statuses.toSorted((a, b) => (a.app < b.app ? -1 : 1));
  const units = Object.fromEntries(sorted.map((status) => [status.app, unitRecord(status)]));
  return shrinkToFit({ format: 1, ...facts, units }, usualBytes, [shortenHistories]);
}

function unitRecord(status: UnitStatus): UnitRecord {
  const { state, stage, reason, since, comparedAt, changeId, digest } = status;
  return {
    state,
    stage,
    reason,
    since,
    ...(comparedAt === undefined ? {} : { comparedAt }),
    ...(changeId === undefined ? {} : { change: changeId }),
    commits: commitsOf(status),
    ...(digest === undefined ? {} : { digest }),
    counts: status.objects,
    history: status.history.slice(0, historyLimit).map(recordedChange),
  };
}

function commitsOf({ desired, revisions }: UnitStatus): UnitRecord["commits"] {
  const { attempted, applied, live } = revisions;
  return {
    ...(desired === undefined ? {} : { desired }),
    ...(attempted === undefined ? {} : { attempted: attempted.commit }),
    ...(applied === undefined ? {} : { applied: applied.commit }),
    ...(live === undefined ? {} : { live: live.commit }),
  };
}

function recordedChange(entry: HistoryEntry): RecordedChange {
  const { digest: _digest, ...recorded } = entry;
  return recorded;
}

function shortenHistories(record: StatusRecord): StatusRecord | undefined {
  const longest = Math.max(0, ...Object.values(record.units).map(({ history }) => history.length));
  if (longest === 0) return undefined;
  const units = Object.entries(record.units).map(([app, unit]): [string, UnitRecord] => {
    const isLong = unit.history.length === longest;
    return [app, isLong ? { ...unit, history: halve(unit.history) ?? [] } : unit];
  });
  return { ...record, units: Object.fromEntries(units) };
}
