import { type Reason, reasonInfo, reasons } from "../model/reason.ts";
import { stages } from "../model/state.ts";

/** Who exports it: every pod, or only the leader: per cluster, source or app (observability §5.1). */
export type Scope = "pod" | "cluster" | "source" | "app";

/** `app` and `source`: names of what is followed; `document`: from a document or setting; else the closed list. */
export type LabelValues = "app" | "source" | "document" | readonly string[];

export interface MetricRow {
  readonly type: "gauge" | "counter" | "histogram";
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelValues>>;
  readonly scope: Scope;
  /** Part of the fleet set (observability §5.3). */
  readonly fleet?: true;
  /** Seconds. */
  readonly buckets?: readonly number[];
  /** The label sets that exist from the start, where not all combinations make sense. */
  readonly start?: readonly Readonly<Record<string, string>>[];
}

const result = ["success", "error"] as const;
export const httpMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
/** `<error>`: no answer came, as client-go writes it. */
export const httpCodes = [
  ...["200", "201", "202", "400", "401", "403", "404", "405", "406", "409", "410", "413", "415"],
  ...["422", "429", "500", "501", "502", "503", "504", "<error>", "other"],
] as const;
const usualCodes = ["200", "201", "403", "404", "409", "422", "429", "500"];

/** Field managers that get their own label value; any other counts as `other`. */
export const knownManagers = [
  ...["kubectl", "kubectl-edit", "kubectl-client-side-apply", "kubectl-patch", "kubectl-scale"],
  ...["helm", "argocd-controller", "kustomize-controller", "kube-controller-manager", "other"],
] as const;

const unitReasons = Object.keys(reasons).filter(isReason).filter(isUnitReason);
const sourceReasons = [
  "InSync",
  ...unitReasons.filter((reason) => reasons[reason].stage === "fetched"),
  "ConfigInvalid",
];
export const blockReasons = ["PruneGuard", "ProtectedKind", "EmptyRender", "InventoryLost"];
/** What a pass can end with that is neither fine nor on its way. */
const errorReasons = unitReasons.filter(isErrorReason);

function isReason(key: string): key is Reason {
  return Object.hasOwn(reasons, key);
}

function isUnitReason(reason: Reason): boolean {
  return reasonInfo(reason).state !== undefined;
}

function isErrorReason(reason: Reason): boolean {
  const { state } = reasonInfo(reason);
  return state !== undefined && !["Synced", "Suspended", "Progressing"].includes(state);
}

const app = { app: "app" } as const;
const phaseBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const apiBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30];
/** Ten of the usual powers of ten, at the end where our passes are. */
const queueBuckets = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];
const units = { name: ["units"] } as const;

const identity = {
  holdfast_build_info: {
    type: "gauge",
    help: "Always 1; which agent this is.",
    labels: { version: "document", commit: "document", node_version: "document" },
    scope: "pod",
    fleet: true,
  },
  holdfast_cluster_info: {
    type: "gauge",
    help: "Always 1; what this cluster is, for joins.",
    labels: { environment: "document", region: "document", k8s_version: "document" },
    scope: "pod",
    fleet: true,
  },
  leader_election_master_status: {
    type: "gauge",
    help: "1 while this agent holds the lease of its cluster.",
    labels: { name: ["holdfast"] },
    scope: "pod",
  },
  holdfast_agent_heartbeat_timestamp_seconds: {
    type: "gauge",
    help: "End of the last complete loop; 0 before the first.",
    labels: {},
    scope: "cluster",
    fleet: true,
  },
  holdfast_cluster_reachable: {
    type: "gauge",
    help: "1 while the API server answers.",
    labels: {},
    scope: "cluster",
    fleet: true,
  },
  holdfast_inventory_fill_ratio: {
    type: "gauge",
    help: "Size of the fullest inventory of the cluster, as a share of its cap.",
    labels: app,
    scope: "cluster",
    fleet: true,
  },
} as const satisfies Record<string, MetricRow>;

const source = {
  holdfast_source_fetches_total: {
    type: "counter",
    help: "Polls of the Git host, by outcome and by what asked for them.",
    labels: { source: "source", result, trigger: ["poll", "webhook", "manual"] },
    scope: "source",
  },
  holdfast_source_fetch_duration_seconds: {
    type: "histogram",
    help: "How long a poll took, with the fetch where there was one.",
    labels: { source: "source" },
    buckets: [0.1, 0.25, 0.5, 1, 2, 4, 10, 20, 60],
    scope: "source",
  },
  holdfast_source_last_success_timestamp_seconds: {
    type: "gauge",
    help: "Last valid answer of the Git host, also one that is held; 0 before the first.",
    labels: { source: "source" },
    scope: "source",
    fleet: true,
  },
  holdfast_source_commit_timestamp_seconds: {
    type: "gauge",
    help: "Committer time of the fetched tip; 0 before the first.",
    labels: { source: "source" },
    scope: "source",
    fleet: true,
  },
  holdfast_source_info: {
    type: "gauge",
    help: "Always 1; what is followed.",
    labels: { source: "source", url: "document", ref: "document", revision: "document" },
    scope: "source",
    fleet: true,
  },
  holdfast_source_reason_info: {
    type: "gauge",
    help: "Always 1; InSync, or why the source is held.",
    labels: { source: "source", reason: sourceReasons },
    scope: "source",
    fleet: true,
  },
} as const satisfies Record<string, MetricRow>;

const appState = {
  holdfast_app_status: appGauge("State, 0 Synced to 7 Unknown; higher is worse.", true),
  holdfast_app_reason_info: {
    type: "gauge",
    help: "Always 1; why the app is in its state. One series per app.",
    labels: { ...app, stage: stages, reason: unitReasons },
    scope: "app",
    fleet: true,
  },
  holdfast_app_healthy: appGauge("0 while an object is degraded or past its timeout."),
  holdfast_app_suspended: appGauge("1 while suspended, also when a worse state masks it.", true),
  holdfast_app_managed_objects: appGauge("Objects that the app manages here."),
  holdfast_app_unhealthy_objects: appGauge("Objects that are not healthy."),
  holdfast_app_drifted_objects: appGauge("Objects that differ from Git and are not healed.", true),
  holdfast_app_held_deletions: appGauge("Objects whose deletion waits for an accept.", true),
  holdfast_app_desired_commit_timestamp_seconds: appGauge(
    "Committer time of the newest accepted commit meant for the app here.",
    true,
  ),
  holdfast_app_live_commit_timestamp_seconds: appGauge(
    "Committer time of the live commit; 0 when none was ever live.",
    true,
  ),
  holdfast_app_pending_since_timestamp_seconds: appGauge(
    "First fetch of the oldest commit that is not live; 0 when nothing waits.",
    true,
  ),
  holdfast_app_state_since_timestamp_seconds: appGauge("Since when the app is in its state."),
  holdfast_app_unhealthy_since_timestamp_seconds: appGauge("Since when; 0 while healthy."),
  holdfast_app_last_compare_timestamp_seconds: appGauge("End of the last complete compare."),
  holdfast_app_last_apply_timestamp_seconds: appGauge("Last write to the cluster; 0 for none."),
  holdfast_app_revision_info: {
    type: "gauge",
    help: "Always 1; wanted and live commit.",
    labels: { ...app, desired: "document", live: "document" },
    scope: "app",
  },
  holdfast_app_info: {
    type: "gauge",
    help: "Always 1; static facts and the owner.",
    labels: {
      ...app,
      source: "source",
      path: "document",
      renderer: ["plain", "kustomize", "helm"],
      rollout: "document",
      wave: "document",
      team: "document",
      contact: "document",
    },
    scope: "app",
    fleet: true,
  },
} as const satisfies Record<string, MetricRow>;

function appGauge(help: string, fleet?: true): MetricRow {
  return {
    type: "gauge",
    help,
    labels: app,
    scope: "app",
    ...(fleet === undefined ? {} : { fleet }),
  };
}

const work = {
  holdfast_reconciles_total: {
    type: "counter",
    help: "Passes over the app.",
    labels: { ...app, result },
    scope: "app",
  },
  holdfast_reconcile_errors_total: {
    type: "counter",
    help: "Passes that ended with an error, by what broke.",
    labels: { stage: stages, reason: unitReasons },
    start: errorReasons.map((reason) => ({ stage: reasons[reason].stage, reason })),
    scope: "cluster",
  },
  holdfast_reconcile_phase_duration_seconds: {
    type: "histogram",
    help: "Where the time of a pass goes.",
    labels: { phase: ["render", "observe", "apply", "prune", "health"] },
    buckets: phaseBuckets,
    scope: "cluster",
  },
  holdfast_renders_total: {
    type: "counter",
    help: "Renders; limit: the child was ended.",
    labels: {
      renderer: ["plain", "kustomize", "helm"],
      result: ["success", "cached", "error", "limit"],
    },
    scope: "cluster",
  },
  holdfast_apply_operations_total: {
    type: "counter",
    help: "Writes of objects; flat when converged.",
    labels: { operation: ["create", "update", "recreate", "delete", "adopt"], result },
    scope: "cluster",
  },
  holdfast_pruned_objects_total: {
    type: "counter",
    help: "Objects deleted because Git no longer declares them.",
    labels: app,
    scope: "app",
  },
  holdfast_prune_blocked_total: {
    type: "counter",
    help: "Deletions that a guard stopped, once per plan.",
    labels: { ...app, reason: blockReasons },
    scope: "app",
  },
  holdfast_drift_detected_total: {
    type: "counter",
    help: "Objects that others changed.",
    labels: { ...app, type: ["modified", "missing", "extra"] },
    scope: "app",
  },
  holdfast_drift_corrected_total: {
    type: "counter",
    help: "Healed objects, and healings that failed.",
    labels: { ...app, result },
    scope: "app",
  },
  holdfast_fights_total: {
    type: "counter",
    help: "Fights begun: a field is rewritten again and again.",
    labels: app,
    scope: "app",
    fleet: true,
  },
  holdfast_apply_conflicts_total: {
    type: "counter",
    help: "Field conflicts, by the manager that owns the field.",
    labels: { manager: knownManagers },
    scope: "cluster",
  },
} as const satisfies Record<string, MetricRow>;

const api = {
  rest_client_requests_total: {
    type: "counter",
    help: "Requests to the Kubernetes API, by answer.",
    labels: { code: httpCodes, method: httpMethods, host: "document" },
    start: usualCodes.flatMap((code) => httpMethods.map((method) => ({ code, method }))),
    scope: "cluster",
  },
  rest_client_request_duration_seconds: {
    type: "histogram",
    help: "How long the Kubernetes API took to answer; watches do not count.",
    labels: { verb: httpMethods, host: "document" },
    buckets: apiBuckets,
    scope: "cluster",
  },
  holdfast_kube_throttle_wait_seconds_total: {
    type: "counter",
    help: "Seconds lost to limits of the Kubernetes API.",
    labels: { cause: ["own_limit", "status_429", "retry_after"] },
    scope: "cluster",
    fleet: true,
  },
  holdfast_kube_watch_restarts_total: {
    type: "counter",
    help: "Watches that had to start anew.",
    labels: { reason: ["expired", "network", "stalled"] },
    scope: "cluster",
  },
} as const satisfies Record<string, MetricRow>;

const queue = {
  workqueue_depth: queueRow("gauge", "Units that wait for their pass."),
  workqueue_adds_total: queueRow("counter", "Units put into the queue."),
  workqueue_retries_total: queueRow("counter", "Units put into the queue after a failure."),
  workqueue_queue_duration_seconds: queueRow("histogram", "How long units waited for their pass."),
  workqueue_work_duration_seconds: queueRow("histogram", "How long a pass took."),
  workqueue_unfinished_work_seconds: queueRow("gauge", "Time spent so far in passes under way."),
  workqueue_longest_running_processor_seconds: queueRow("gauge", "The longest pass under way."),
} as const satisfies Record<string, MetricRow>;

function queueRow(type: MetricRow["type"], help: string): MetricRow {
  return {
    type,
    help,
    labels: units,
    scope: "cluster",
    ...(type === "histogram" ? { buckets: queueBuckets } : {}),
  };
}

/** Every series that the agent exports beside prom-client's defaults; the one place that names them (observability §5.2). */
export const metricTable = {
  ...identity,
  ...source,
  ...appState,
  ...work,
  ...api,
  ...queue,
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof metricTable;

/** A row with its optional fields visible. */
export function metricRow(name: MetricName): MetricRow {
  return metricTable[name];
}
