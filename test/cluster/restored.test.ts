import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLiveCache } from "../../agent/cluster/cache.ts";
import { connectTo } from "../../agent/cluster/connection.ts";
import { ApiError } from "../../agent/cluster/errors.ts";
import { ensureFootprint } from "../../agent/cluster/footprint.ts";
import { createInventoryStore } from "../../agent/cluster/inventory.ts";
import { createKubernetesClient } from "../../agent/cluster/kubernetes.ts";
import { createLease } from "../../agent/cluster/lease.ts";
import { createTimeline, type Timeline } from "../../agent/cluster/timeline.ts";
import type { Inventory } from "../../agent/model/inventory.ts";
import { ReconcileError } from "../../agent/model/reason.ts";
import type { SandboxCluster } from "../../cli/sandbox/kubernetes/sandbox.ts";
import { startApiServer } from "../../cli/sandbox/kubernetes/server.ts";
import { realClock, realRandom, testHasher } from "../doubles/ports.ts";
import { never, until } from "../pass/bench.ts";

const namespace = "holdfast-system";

let server: SandboxCluster;
let client: ReturnType<typeof createKubernetesClient>;
let timeline: Timeline;

beforeEach(async () => {
  server = await startApiServer();
  client = createKubernetesClient({ connection: connectTo(server), clock: realClock });
  timeline = createTimeline();
  await client.discover(never);
  await ensureFootprint(client, namespace, never);
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

function inventoryAt(commit: string): Inventory {
  return {
    ...{ installation: "i", clusterUid: "u", app: "shop", namespace: "shop", commit },
    ...{ onRemove: "hold", accepts: [], implicit: [], entries: new Map() },
  };
}

/** Some versions, so that what comes before can be told from what comes after. */
async function pass(versions: number): Promise<void> {
  for (let number = 0; number < versions; number += 1) {
    const metadata = { name: `filler-${number}`, namespace };
    await client.create({ apiVersion: "v1", kind: "ConfigMap", metadata }, never);
  }
}

describe("C-18: that a cluster is older than it was shows", () => {
  it.each([
    ["to its old revision", 0],
    ["under higher ones (etcdutl --bump-revision --mark-compacted)", 1_000_000],
  ])("by its Lease, within one renewal, though nothing else is asked: %s", async (_how, bump) => {
    const durations = { durationMs: 900, renewDeadlineMs: 150, writeTimeoutMs: 500 };
    const lease = createLease({
      ...{ client, namespace, identity: "me", clock: realClock, random: realRandom },
      ...{ durations, timeline },
    });
    const stop = new AbortController();
    const running = lease.run(stop.signal);
    await lease.acquired(never);
    const backup = server.snapshot();
    const renewals = () => server.requests.filter(({ method }) => method === "PUT").length;
    const before = renewals();
    await until(() => renewals() >= before + 2, "renewed");
    expect(timeline.wentBack()).toBeUndefined();
    server.restore({ ...backup, revision: backup.revision + bump });
    await until(() => timeline.wentBack() !== undefined, "seen");
    expect(timeline.wentBack()?.what).toBe("Lease holdfast");
    stop.abort();
    await running;
  });

  it("by its Lease, too, where the backup knows of none (another UID)", async () => {
    const backup = server.snapshot();
    await pass(5);
    const lease = createLease({
      ...{ client, namespace, identity: "me", clock: realClock, random: realRandom },
      ...{ durations: { durationMs: 900, renewDeadlineMs: 150, writeTimeoutMs: 500 }, timeline },
    });
    const stop = new AbortController();
    const running = lease.run(stop.signal);
    await lease.acquired(never);
    server.restore(backup);
    await until(() => timeline.wentBack() !== undefined, "seen");
    stop.abort();
    await running;
  });

  it("by an inventory: it is not written over, and no pass goes on with it (P-13)", async () => {
    const store = createInventoryStore({ client, namespace, timeline });
    const first = await store.write(inventoryAt("1"), undefined, never);
    const backup = server.snapshot();
    const second = await store.write(inventoryAt("2"), first.resourceVersion, never);
    server.restore(backup);
    const stale = store.write(inventoryAt("3"), second.resourceVersion, never);
    await expect(stale).rejects.toSatisfy(
      (error) => error instanceof ApiError && error.failure.status === 409,
    );
    await expect(store.read("shop", never)).rejects.toSatisfy(
      (error) => error instanceof ReconcileError && error.reason === "ClusterRestored",
    );
    // Whoever begins anew reads what is there.
    const anew = createInventoryStore({ client, namespace, timeline: createTimeline() });
    expect((await anew.read("shop", never))?.value.commit).toBe("1");
  });

  it.each([
    [false, "the list of ConfigMap"],
    [true, undefined],
  ])(
    "by a list, unless another API server answers it (aggregated: %s)",
    async (aggregated, what) => {
      const live = createLiveCache({
        ...{ client, clock: realClock, random: realRandom, hasher: testHasher },
        ...{ labelSelector: "", timeline },
      });
      const kind = { group: "", version: "v1", kind: "ConfigMap", full: false, aggregated };
      const backup = server.snapshot();
      await pass(5);
      live.setKinds([kind]);
      await live.synced([kind], never);
      server.restore(backup);
      live.setKinds([]);
      live.setKinds([kind]);
      await live.synced([kind], never);
      expect(timeline.wentBack()?.what).toBe(what);
      await live.stop();
    },
  );
});
