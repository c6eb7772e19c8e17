import type { UnitStatus } from "../../agent/model/status.ts";
import type { Clock } from "../../agent/schedule/clock.ts";
import type { FleetSnapshot } from "../../agent/server/snapshot.ts";

export const now = "2026-11-21T09:20:11Z";
export const liveCommit = "a91b0447c0d3e1f2a91b0447c0d3e1f2a91b0447";
export const wantedCommit = "3f1c2d9ab4e5f60718293a4b5c6d7e8f90a1b2c3";

/** A clock that stands still until it is moved. */
export function standingClock(start = now): Clock & { pass(ms: number): void } {
  let at = Date.parse(start);
  return {
    now: () => at,
    monotonic: () => at,
    sleep: () => Promise.resolve(),
    pass(ms) {
      at += ms;
    },
  };
}

/** A unit that is fine; the fields given replace its own. */
export function unitStatus(fields: Partial<UnitStatus> = {}): UnitStatus {
  const revision = {
    commit: wantedCommit,
    committedAt: "2026-11-21T09:14:02Z",
    at: "2026-11-21T09:14:40Z",
  };
  return {
    app: "shop",
    cluster: "prod-eu-1",
    namespace: "shop",
    path: "apps/shop",
    renderer: "plain",
    owner: { team: "storefront", contact: "#storefront" },
    desired: wantedCommit,
    changeId: "c".repeat(64),
    state: "Synced",
    stage: "healthy",
    reason: "InSync",
    message: "All 44 objects match and are healthy.",
    since: "2026-11-21T09:14:40Z",
    comparedAt: "2026-11-21T09:20:07Z",
    appliedAt: "2026-11-21T09:14:30Z",
    revisions: { fetched: revision, attempted: revision, applied: revision, live: revision },
    objects: { managed: 44, drifted: 0, unhealthy: 0, heldDeletions: 0 },
    problems: [],
    drift: [],
    history: [
      {
        change: "c".repeat(64),
        commit: wantedCommit,
        digest: "d".repeat(64),
        kind: "change",
        result: "succeeded",
        reason: "InSync",
        fetchedAt: "2026-11-21T09:14:09Z",
        liveAt: "2026-11-21T09:14:40Z",
      },
    ],
    handled: {},
    conditions: [],
    ...fields,
  };
}

/** The same unit, held by the guard. */
export function heldUnit(fields: Partial<UnitStatus> = {}): UnitStatus {
  const live = {
    commit: liveCommit,
    committedAt: "2026-11-20T16:00:00Z",
    at: "2026-11-20T16:01:00Z",
  };
  return unitStatus({
    state: "Held",
    stage: "applied",
    reason: "PruneGuard",
    message: "Commit 3f1c2d9 would delete 12 of 44 objects (allowed: 10 and 20 %).",
    since: "2026-11-21T09:14:22Z",
    revisions: { ...unitStatus().revisions, live },
    pending: { count: 1, since: "2026-11-21T09:14:09Z" },
    objects: { managed: 44, drifted: 0, unhealthy: 0, heldDeletions: 12 },
    held: {
      reason: "PruneGuard",
      message: "12 of 44 objects would go: more than 10, and more than 20 %.",
      plan: "8c1f2a0d",
      deletions: Array.from({ length: 12 }, (_, at) => ({
        group: "",
        kind: "ConfigMap",
        namespace: "shop",
        name: `legacy-${at}`,
      })),
    },
    ...fields,
  });
}

/** A unit whose Deployment somebody edited by hand. */
export function driftedUnit(fields: Partial<UnitStatus> = {}): UnitStatus {
  return unitStatus({
    app: "web",
    state: "Drifted",
    stage: "applied",
    reason: "DriftReported",
    message: "1 object differs from Git.",
    since: "2026-11-21T09:08:00Z",
    objects: { managed: 9, drifted: 1, unhealthy: 0, heldDeletions: 0 },
    drift: [
      {
        ref: { group: "apps", kind: "Deployment", namespace: "web", name: "web" },
        since: "2026-11-21T09:08:00Z",
        action: "reported",
        fields: [
          {
            path: "spec.template.spec.containers[web].image",
            pointer: "/spec/template/spec/containers/0/image",
            live: "ghcr.io/acme/web:LIVE-VALUE",
            desired: "ghcr.io/acme/web:DESIRED-VALUE",
            manager: "kubectl-edit",
            operation: "Update",
            time: "2026-11-21T09:07:58Z",
          },
        ],
      },
    ],
    ...fields,
  });
}

/** What an agent that is ready says of these units. */
export function fleetSnapshot(
  units: readonly UnitStatus[],
  fields: Partial<FleetSnapshot> = {},
): FleetSnapshot {
  return {
    cluster: "prod-eu-1",
    environment: "prod",
    agentVersion: "0.1.0",
    kubernetes: "v1.36.3",
    source: {
      url: "https://git.example.com/acme/fleet",
      ref: "main",
      commit: wantedCommit,
      title: "bump web to 1.8.2",
      author: "Ana",
      committedAt: "2026-11-21T09:14:02Z",
      answeredAt: "2026-11-21T09:20:00Z",
    },
    units,
    problems: [],
    ready: { ok: true },
    asOf: now,
    commits: new Map([
      [
        liveCommit,
        { title: "tune web probes", author: "Ben", committedAt: "2026-11-20T16:00:00Z" },
      ],
    ]),
    ...fields,
  };
}
