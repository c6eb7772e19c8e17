import { states } from "../model/state.ts";
import type { Revision, UnitStatus } from "../model/status.ts";
import type { MetricName } from "./metric-table.ts";
import type { SeriesRegistry } from "./registry.ts";

/** The gauges of one app, from its status. */
export function setAppGauges(registry: SeriesRegistry, status: UnitStatus): void {
  const { app, stage, reason } = status;
  registry.startApp(app);
  registry.setOnly("holdfast_app_reason_info", { app, stage, reason });
  for (const [name, value] of gauges(status)) registry.set(name, { app }, value);
}

function gauges(status: UnitStatus): readonly (readonly [MetricName, number])[] {
  const { objects, revisions } = status;
  const healthy = status.unhealthySince === undefined && objects.unhealthy === 0;
  const suspended = status.suspend !== undefined || status.state === "Suspended";
  return [
    ["holdfast_app_status", states[status.state].value],
    ["holdfast_app_healthy", healthy ? 1 : 0],
    ["holdfast_app_suspended", suspended ? 1 : 0],
    ["holdfast_app_managed_objects", objects.managed],
    ["holdfast_app_unhealthy_objects", objects.unhealthy],
    ["holdfast_app_drifted_objects", objects.drifted],
    ["holdfast_app_held_deletions", objects.heldDeletions],
    ["holdfast_app_desired_commit_timestamp_seconds", epoch(desiredRevision(status)?.committedAt)],
    ["holdfast_app_live_commit_timestamp_seconds", epoch(revisions.live?.committedAt)],
    ["holdfast_app_pending_since_timestamp_seconds", epoch(status.pending?.since)],
    ["holdfast_app_state_since_timestamp_seconds", epoch(status.since)],
    ["holdfast_app_unhealthy_since_timestamp_seconds", epoch(status.unhealthySince)],
    ["holdfast_app_last_compare_timestamp_seconds", epoch(status.comparedAt)],
    ["holdfast_app_last_apply_timestamp_seconds", epoch(status.appliedAt)],
  ];
}

/** The `_info` series of one app; values that a person wrote pass through `redact`. */
export function setAppInfo(
  registry: SeriesRegistry,
  status: UnitStatus,
  { source, redact }: { readonly source: string; readonly redact: (text: string) => string },
): void {
  const { app, desired = "", revisions, owner = {} } = status;
  registry.setOnly("holdfast_app_revision_info", {
    app,
    desired: desired.slice(0, 12),
    live: (revisions.live?.commit ?? "").slice(0, 12),
  });
  registry.setOnly("holdfast_app_info", {
    app,
    source,
    path: redact(status.path),
    renderer: status.renderer,
    rollout: status.rollout ?? "",
    wave: "",
    team: redact(owner.team ?? ""),
    contact: redact(owner.contact ?? ""),
  });
}

/** The revision whose commit is wanted; the fetched one when no other has its id. */
function desiredRevision({ desired, revisions }: UnitStatus): Revision | undefined {
  const { live, applied, attempted, fetched } = revisions;
  const known = [live, applied, attempted, fetched].find(
    (revision) => revision !== undefined && revision.commit === desired,
  );
  return known ?? fetched;
}

/** Seconds since the epoch; 0 for never. */
function epoch(time: string | undefined): number {
  const ms = time === undefined ? 0 : Date.parse(time);
  return Number.isNaN(ms) ? 0 : ms / 1000;
}
