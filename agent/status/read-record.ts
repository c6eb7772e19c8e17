import { validatorOf } from "../config/validator.ts";
import { reasons } from "../model/reason.ts";
import { stages, states } from "../model/state.ts";
import type { FoundRecord } from "./carrier.ts";
import { recordLimit, type StatusRecord } from "./record.ts";

/** A record is silent after so many of the intervals that it states itself. */
const missedHeartbeats = 3;
/** How far the clocks of a fleet may differ (security §5.5). */
const clockSkewMs = 120_000;

const text = { type: "string", maxLength: 200 } as const;
const time = {
  type: "string",
  maxLength: 40,
  pattern: "^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z$",
} as const;
const count = { type: "integer", minimum: 0 } as const;
const stage = { enum: stages } as const;
const reason = { enum: Object.keys(reasons) } as const;

const change = {
  type: "object",
  required: ["change", "commit", "kind", "result", "reason", "fetchedAt"],
  properties: {
    change: text,
    commit: text,
    kind: { enum: ["change", "rollback"] },
    result: { enum: ["succeeded", "failed", "superseded", "running"] },
    reason,
    fetchedAt: time,
    liveAt: time,
  },
} as const;

const unit = {
  type: "object",
  required: ["state", "stage", "reason", "since", "commits", "counts", "history"],
  properties: {
    state: { enum: Object.keys(states) },
    stage,
    reason,
    since: time,
    comparedAt: time,
    change: text,
    commits: {
      type: "object",
      properties: { desired: text, attempted: text, applied: text, live: text },
    },
    digest: text,
    counts: {
      type: "object",
      required: ["managed", "drifted", "unhealthy", "heldDeletions"],
      properties: { managed: count, drifted: count, unhealthy: count, heldDeletions: count },
    },
    history: { type: "array", maxItems: 5, items: change },
  },
} as const;

/** Keys that a newer agent adds are let through. */
const recordSchema = {
  type: "object",
  required: [
    ...["format", "cluster", "uid", "sequence", "publishedAt", "heartbeat"],
    ...["agent", "kubernetes", "source", "units"],
  ],
  properties: {
    format: { const: 1 },
    cluster: text,
    uid: { ...text, minLength: 1 },
    sequence: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    publishedAt: time,
    heartbeat: { type: "number", exclusiveMinimum: 0, maximum: 86_400 },
    agent: text,
    kubernetes: text,
    source: { type: "object", properties: { fetched: text, reason } },
    units: { type: "object", additionalProperties: unit },
  },
} as const;

const validate = validatorOf(recordSchema);

/** What is known of one cluster's records so far. */
export interface SeenRecord {
  readonly uid: string;
  readonly sequence: number;
}

export interface Judging {
  /** `spec.uid` of the Cluster document; undefined: the first record binds. */
  uidOf(cluster: string): string | undefined;
  readonly seen: ReadonlyMap<string, SeenRecord>;
  readonly nowMs: number;
}

export type RecordVerdict =
  | {
      readonly ok: true;
      readonly record: StatusRecord;
      /** Set when it is too old to be believed now: its units are Unknown (`AgentSilent`). */
      readonly silentSince: string | undefined;
    }
  /** It says nothing; the cluster counts as silent. */
  | { readonly ok: false; readonly why: string };

export interface JudgedRecords {
  readonly verdicts: ReadonlyMap<string, RecordVerdict>;
  /** To be handed to the next call. */
  readonly seen: ReadonlyMap<string, SeenRecord>;
}

/** A record is hostile input (NEG-67): each counts for its own cluster only, with its UID, and never goes back (E18). */
export function judgeRecords(found: readonly FoundRecord[], judging: Judging): JudgedRecords {
  const verdicts = new Map<string, RecordVerdict>();
  const seen = new Map(judging.seen);
  for (const one of found) {
    const verdict = judge(one, judging);
    verdicts.set(one.cluster, verdict);
    if (!verdict.ok) continue;
    const { uid, sequence } = verdict.record;
    seen.set(one.cluster, { uid, sequence });
  }
  return { verdicts, seen };
}

function judge({ cluster, text: json }: FoundRecord, judging: Judging): RecordVerdict {
  if (json === undefined || bytesOfText(json) > recordLimit) {
    return refused(`it is larger than ${recordLimit / 1024} KiB, or no record`);
  }
  const value = parsed(json);
  const [refusal] = validate(value);
  if (refusal !== undefined)
    return refused(`it is malformed: ${refusal.pointer} ${refusal.message}`);
  const record = value as StatusRecord;
  const why = disbelief(cluster, record, judging);
  if (why !== undefined) return refused(why);
  const ageMs = judging.nowMs - Date.parse(record.publishedAt);
  const isSilent = ageMs > missedHeartbeats * record.heartbeat * 1000;
  return { ok: true, record, silentSince: isSilent ? record.publishedAt : undefined };
}

/** security §5.5 */
function disbelief(cluster: string, record: StatusRecord, judging: Judging): string | undefined {
  if (record.cluster !== cluster) return `it speaks of another cluster, ${record.cluster}`;
  const known = judging.seen.get(cluster);
  const uid = judging.uidOf(cluster) ?? known?.uid;
  if (uid !== undefined && record.uid !== uid) {
    return `it is of another cluster of that name: its kube-system has the UID ${record.uid}, not ${uid}`;
  }
  if (known !== undefined && record.sequence < known.sequence) {
    return `it is older than one that was seen before (${record.sequence} after ${known.sequence})`;
  }
  const aheadMs = Date.parse(record.publishedAt) - judging.nowMs;
  if (Number.isNaN(aheadMs)) return "its time is no time";
  return aheadMs > clockSkewMs
    ? `its clock is ${Math.round(aheadMs / 1000)} s ahead, more than 2 minutes`
    : undefined;
}

function refused(why: string): RecordVerdict {
  return { ok: false, why };
}

function bytesOfText(json: string): number {
  return new TextEncoder().encode(json).length;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
