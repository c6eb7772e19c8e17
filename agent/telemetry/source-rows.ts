import { reasons } from "../model/reason.ts";
import { appLabel, type MetricRow, results, unitReasons } from "./metric-row.ts";

const sourceReasons = [
  "InSync",
  ...unitReasons.filter((reason) => reasons[reason].stage === "fetched"),
  "ConfigInvalid",
];

/** Identity and life of the agent, and its source. */
export const identityRows = {
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
  holdfast_status_record_timestamp_seconds: {
    type: "gauge",
    help: "When the status record was published last; the start until the first; absent if off.",
    labels: {},
    scope: "cluster",
    fleet: true,
  },
  holdfast_status_record_interval_seconds: {
    type: "gauge",
    help: "How often a status record comes at least; absent if off.",
    labels: {},
    scope: "cluster",
    fleet: true,
  },
  holdfast_inventory_fill_ratio: {
    type: "gauge",
    help: "Size of the fullest inventory of the cluster, as a share of its cap.",
    labels: appLabel,
    scope: "cluster",
    fleet: true,
  },
} as const satisfies Record<string, MetricRow>;

export const sourceRows = {
  holdfast_source_fetches_total: {
    type: "counter",
    help: "Polls of the Git host, by outcome and by what asked for them.",
    labels: { source: "source", result: results, trigger: ["poll", "webhook", "manual"] },
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
