import type { Inventory } from "../../agent/model/inventory.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { HistoryEntry, UnitStatus } from "../../agent/model/status.ts";
import { fromAppObject, toAppObject } from "../../agent/status/app-object.ts";
import type { ConnectedCluster } from "../../cli/commands/context.ts";
import { clusterOf } from "./host.ts";

/** A full commit id that starts so. */
export function id(start: string): string {
  return start.padEnd(40, "0");
}

export function revision(commit: string) {
  return { commit, committedAt: "2026-11-20T23:00:00Z", at: "2026-11-20T23:30:00Z" };
}

/** The App object that the agent of a cluster writes about shop. */
export function appObject(cluster: string, more: Partial<UnitStatus> = {}): KubeObject {
  const at = revision(id("3f1c2d9"));
  const status: UnitStatus = {
    app: "shop",
    cluster,
    namespace: "shop",
    path: "apps/shop",
    renderer: "plain",
    desired: at.commit,
    state: "Synced",
    stage: "healthy",
    reason: "InSync",
    message: "",
    since: "2026-11-20T23:30:00Z",
    comparedAt: "2026-11-20T23:59:20Z",
    revisions: { fetched: at, attempted: at, applied: at, live: at },
    objects: { managed: 3, drifted: 0, unhealthy: 0, heldDeletions: 0 },
    problems: [],
    drift: [],
    history: [],
    handled: {},
    conditions: [],
    ...more,
  };
  const object = toAppObject(status, "holdfast-system");
  const app = { ...object, metadata: { ...object.metadata, uid: "u1", resourceVersion: "7" } };
  if (fromAppObject(app) === undefined) throw new Error("the fixture is no App object");
  return app;
}

export function historyEntry(commit: string, more: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    change: `change of ${commit}`,
    commit,
    digest: "d",
    kind: "change",
    result: "succeeded",
    reason: "InSync",
    fetchedAt: "2026-11-20T22:00:00Z",
    liveAt: "2026-11-20T22:03:00Z",
    ...more,
  };
}

/** A cluster with this inventory and these App objects. */
export function withInventory(
  inventory: Inventory,
  objects: readonly KubeObject[] = [],
): ConnectedCluster {
  const stored = { value: inventory, resourceVersion: "1" };
  const read = async (app: string) => (app === inventory.app ? stored : undefined);
  const cluster = clusterOf(objects);
  return { ...cluster, inventories: { ...cluster.inventories, read } };
}
