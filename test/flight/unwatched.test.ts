import { afterEach, expect, it } from "vitest";
import { publish } from "../../agent/flight/publish.ts";
import { unwatched } from "../../agent/flight/unwatched.ts";
import { Bench } from "../pass/bench.ts";
import { object } from "../plan/builders.ts";

const never = new AbortController().signal;
const map = object("ConfigMap", "web", {
  metadata: { name: "web", namespace: "shop" },
  data: { by: "Git" },
});
const quota = object("ResourceQuota", "all", { metadata: { name: "all", namespace: "shop" } });

let bench: Bench;
afterEach(() => bench.stop());

/** A server that lets nobody list ConfigMaps but the agent's own. */
async function secretive(): Promise<void> {
  const body = {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    reason: "Forbidden",
    code: 403,
  };
  bench = await Bench.start({
    fail: ({ path }) =>
      /\/configmaps\?.*labelSelector=holdfast/.test(path)
        ? { code: 403, body: { ...body, message: "no" } }
        : undefined,
  });
}

it("says what may not be watched, and with which rules it could be (C-8)", async () => {
  await secretive();
  bench.declare("shop", { objects: [map, quota] });
  bench.declare("blog", { objects: [quota] });
  await bench.watch();
  expect(unwatched(bench.world, bench.slot("shop"))).toBe(
    'ConfigMap in shop: read every 5 minutes instead of watched; to watch, add { namespace: shop, apiGroups: [""], resources: [configmaps], verbs: [list, watch] }',
  );
  expect(unwatched(bench.world, bench.slot("blog"))).toBeUndefined();
});

it("reads again after 5 minutes, heals what it then finds, and the status tells why (C-8)", async () => {
  await secretive();
  bench.declare("shop", { objects: [map] });
  await bench.watch();
  const reconciled = await bench.pass("shop");
  const slot = bench.slot("shop");
  await publish(bench.world, { slot, flight: { ended: "pass", reconciled } }, never);
  expect(slot.status?.state).toBe("Synced");
  expect(slot.status?.conditions).toContainEqual(
    expect.objectContaining({ type: "Unwatched", status: "True", reason: "WatchForbidden" }),
  );
  expect(bench.wakes).toContainEqual(["shop", 300_000]);
  const live = await bench.get(map);
  if (live === undefined) throw new Error("it was not made");
  await bench.world.cluster.client.replace({ ...live, data: { by: "hand" } }, undefined, never);
  await bench.pass("shop"); // no watch told, and nothing that we put proves that it is equal
  expect((await bench.get(map))?.data).toEqual({ by: "Git" });
});
