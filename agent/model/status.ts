import type { FieldDiff } from "./change.ts";
import type { ObjectRef } from "./object.ts";
import type { Problem } from "./problem.ts";
import type { Reason } from "./reason.ts";
import type { Stage, State } from "./state.ts";

/** A commit in a status; times ISO 8601. */
export interface Revision {
  readonly commit: string;
  readonly committedAt: string;
  /** When this unit got there. */
  readonly at: string;
}

export interface DriftEntry {
  readonly ref: ObjectRef;
  readonly fields: readonly FieldDiff[];
  readonly since: string;
  readonly action:
    | "healed"
    | "reported"
    | "held"
    | "grace"
    | "backing-off"
    | "ignored"
    | "break-glass";
  /** When it is set back again: of a fight (D-21). */
  readonly until?: string;
}

/** Fields that another tool set before us and that Git does not declare: they stay. */
export interface Leftover {
  readonly ref: ObjectRef;
  /** Who set them. */
  readonly manager: string;
  readonly fields: readonly string[];
  /** Of these, what an accept leaves as it is, too. */
  readonly stays?: readonly string[];
}

export interface Leftovers {
  /** Objects that have some. */
  readonly count: number;
  /** Digest of all of them, which an accept must name for them to go (P-52); absent where none would. */
  readonly plan?: string;
  /** At most 20. */
  readonly items: readonly Leftover[];
}

/** What waits for a person, and the digest an accept must name (P-52). */
export interface Held {
  readonly reason: Reason;
  readonly message: string;
  /** Digest of the identities that would go; absent where nothing would be deleted. */
  readonly plan?: string;
  readonly deletions: readonly ObjectRef[];
}

export interface HistoryEntry {
  readonly change: string;
  readonly commit: string;
  readonly digest: string;
  readonly kind: "change" | "rollback";
  readonly result: "succeeded" | "failed" | "superseded" | "running";
  readonly reason: Reason;
  readonly fetchedAt: string;
  readonly liveAt?: string;
}

export type ConditionStatus = "True" | "False" | "Unknown";

export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

export interface ObjectCounts {
  readonly managed: number;
  readonly drifted: number;
  readonly unhealthy: number;
  readonly heldDeletions: number;
}

/** A person had it paused. */
export interface Suspend {
  /** A claim of the client that asked. */
  readonly by: string;
  readonly reason: string;
  /** ISO 8601: it ends by itself. */
  readonly until: string;
}

/** Everything that is said of one unit, everywhere: App object, record, page, CLI, metrics (observability §3). */
export interface UnitStatus {
  readonly app: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly path: string;
  readonly rollout?: string;
  readonly owner?: { readonly team?: string; readonly contact?: string };
  readonly renderer: "plain" | "kustomize" | "helm";
  /** Newest accepted commit that is meant for it. */
  readonly desired?: string;
  readonly changeId?: string;
  readonly state: State;
  /** First stage that is not done; `healthy` when Synced. */
  readonly stage: Stage;
  readonly reason: Reason;
  readonly message: string;
  /** Since when it is in this state, ISO 8601. */
  readonly since: string;
  /** "as of": end of the last complete compare; absent before the first. */
  readonly comparedAt?: string;
  readonly appliedAt?: string;
  readonly unhealthySince?: string;
  readonly revisions: {
    readonly fetched?: Revision;
    readonly attempted?: Revision;
    readonly applied?: Revision;
    readonly live?: Revision;
  };
  readonly pending?: { readonly count: number; readonly since: string };
  readonly objects: ObjectCounts;
  /** Render digest. */
  readonly digest?: string;
  readonly problems: readonly Problem[];
  readonly drift: readonly DriftEntry[];
  /** Absent where there are none. */
  readonly leftovers?: Leftovers;
  readonly held?: Held;
  readonly suspend?: Suspend;
  readonly history: readonly HistoryEntry[];
  /** Ids of the requests obeyed last, by kind (P-85). */
  readonly handled: Readonly<Record<string, string>>;
  readonly conditions: readonly Condition[];
}
