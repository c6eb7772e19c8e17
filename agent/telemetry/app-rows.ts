import { stages } from "../model/state.ts";
import { appLabel, type MetricRow, unitReasons } from "./metric-row.ts";

/** The state of each app. */
export const appRows = {
  holdfast_app_status: appGauge("State, 0 Synced to 7 Unknown; higher is worse.", true),
  holdfast_app_reason_info: {
    type: "gauge",
    help: "Always 1; why the app is in its state. One series per app.",
    labels: { ...appLabel, stage: stages, reason: unitReasons },
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
    labels: { ...appLabel, desired: "document", live: "document" },
    scope: "app",
  },
  holdfast_app_info: {
    type: "gauge",
    help: "Always 1; static facts and the owner.",
    labels: {
      ...appLabel,
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
    labels: appLabel,
    scope: "app",
    ...(fleet === undefined ? {} : { fleet }),
  };
}
