import type { Reason } from "../model/reason.ts";
import type { Stage, State } from "../model/state.ts";
import type { DriftEntry, HistoryEntry, ObjectCounts } from "../model/status.ts";

/** One object, for people and programs: `Deployment.apps shop/web` in parts. */
export interface ReportRef {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface ReportProblem {
  /** Absent for a problem of the whole fleet. */
  readonly cluster?: string;
  readonly app?: string;
  readonly reason: Reason;
  readonly message: string;
  readonly next: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly field?: string;
  readonly object?: ReportRef;
}

/** A field that differs: path, manager and time, never its values (observability §10). */
export interface ReportField {
  readonly path: string;
  readonly manager?: string;
  readonly operation?: "Apply" | "Update";
  readonly time?: string;
}

export interface ReportDrift {
  readonly object: ReportRef;
  readonly fields: readonly ReportField[];
  readonly since: string;
  readonly action: DriftEntry["action"];
}

export interface ReportLeftovers {
  /** Objects that have some. */
  readonly count: number;
  /** What `holdfast accept --plan` must name for them to go; absent where none would. */
  readonly plan?: string;
  /** At most 20. */
  readonly items: readonly {
    readonly object: ReportRef;
    readonly manager: string;
    readonly fields: readonly string[];
    /** Of these, what an accept leaves as it is, too. */
    readonly stays?: readonly string[];
  }[];
}

export interface ReportHeld {
  readonly reason: Reason;
  readonly message: string;
  /** What `holdfast accept --plan` must name. */
  readonly plan?: string;
  /** At most 50. */
  readonly deletions: readonly ReportRef[];
  readonly deletionCount: number;
}

export interface ReportRevision {
  readonly commit: string;
  readonly committedAt: string;
  readonly at: string;
}

export interface ReportUnit {
  readonly cluster: string;
  readonly app: string;
  readonly namespace: string;
  readonly path: string;
  readonly renderer: "plain" | "kustomize" | "helm";
  readonly rollout?: string;
  readonly team?: string;
  readonly contact?: string;
  readonly state: State;
  readonly stage: Stage;
  readonly reason: Reason;
  readonly message: string;
  /** The next step, from the table of reasons. */
  readonly next: string;
  readonly since: string;
  readonly comparedAt?: string;
  readonly appliedAt?: string;
  /** Full ids. */
  readonly desired?: string;
  readonly live?: string;
  readonly revisions: {
    readonly fetched?: ReportRevision;
    readonly attempted?: ReportRevision;
    readonly applied?: ReportRevision;
    readonly live?: ReportRevision;
  };
  readonly pending?: { readonly count: number; readonly since: string };
  readonly objects: ObjectCounts;
  /** At most 20; `problemCount` says how many there are. */
  readonly problems: readonly ReportProblem[];
  readonly problemCount: number;
  /** At most 20; `objects.drifted` says how many there are. */
  readonly drift: readonly ReportDrift[];
  /** What others set and Git does not declare: it stays. */
  readonly leftovers?: ReportLeftovers;
  readonly held?: ReportHeld;
  readonly suspend?: { readonly by: string; readonly reason: string; readonly until: string };
  readonly history: readonly HistoryEntry[];
}

export interface ReportSource {
  readonly url: string;
  readonly ref: string;
  readonly commit?: string;
  readonly title?: string;
  readonly author?: string;
  readonly committedAt?: string;
  readonly answeredAt?: string;
  readonly reason?: Reason;
  readonly message?: string;
}

export interface ReportCluster {
  readonly name: string;
  readonly environment?: string;
  readonly agent?: string;
  readonly kubernetes?: string;
  readonly ready: boolean;
  /** Set when not ready. */
  readonly why?: string;
  /** Names of the Cluster documents found, when none is this cluster's. */
  readonly knownClusters?: readonly string[];
  readonly worst: State;
  readonly units: number;
  readonly attention: number;
  /** Units whose desired commit is live. */
  readonly converged: number;
  readonly asOf: string;
}

/** A commit that reached units here, newest first. */
export interface ReportChange {
  readonly commit: string;
  readonly title?: string;
  readonly author?: string;
  readonly committedAt?: string;
  readonly units: readonly {
    readonly cluster: string;
    readonly app: string;
    readonly result: HistoryEntry["result"];
    readonly kind: HistoryEntry["kind"];
    readonly fetchedAt: string;
    readonly liveAt?: string;
  }[];
}

/** `GET /api/v1/status` and `holdfast status -o json` (cli.md §1). */
export interface StatusReport {
  readonly apiVersion: "cli.holdfast.dev/v1";
  readonly kind: "StatusReport";
  readonly generatedAt: string;
  /** False when something was not reached or not read: what is missing is in `problems`. */
  readonly complete: boolean;
  readonly problems: readonly ReportProblem[];
  readonly source: ReportSource;
  readonly clusters: readonly ReportCluster[];
  /** Worst first, then by cluster and app. */
  readonly units: readonly ReportUnit[];
  /** At most 20. */
  readonly changes: readonly ReportChange[];
}
