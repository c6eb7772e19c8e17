import { describe, expect, it } from "vitest";
import type { ClusterClient } from "../agent/cluster/client.ts";
import { ApiError } from "../agent/cluster/errors.ts";
import { createInventoryStore } from "../agent/cluster/inventory.ts";
import { fly } from "../agent/fly.ts";
import { requestAnnotation } from "../agent/model/names.ts";
import type { KubeObject } from "../agent/model/object.ts";
import { takeRequests } from "../agent/requests.ts";
import type { World } from "../agent/world.ts";
import { type Bench, configMap, never, obj, sharedBench, within } from "./pass/bench.ts";

const bench = sharedBench();

/** The same world with another client below everything. */
function through(of: Bench, client: ClusterClient, more: Partial<World["cluster"]> = {}): World {
  const { cluster } = of.world;
  const inventories = createInventoryStore({ client, namespace: "holdfast-system" });
  return {
    ...of.world,
    slots: of.world.slots,
    cluster: { ...cluster, client, inventories, ...more },
  };
}

async function flown(app: string, world: World = bench().world) {
  bench().slot(app).commit = bench().slot(app).manifests?.commit;
  const from = bench().wakes.length;
  await fly(world, app, never);
  const wakes = bench()
    .wakes.slice(from)
    .flatMap(([of, ms]) => (of === app ? [ms] : []));
  return { status: bench().slot(app).status, wakes };
}

function asked(app: string, kind: "accept" | "sync", request: object): KubeObject {
  const annotations = { [requestAnnotation(kind)]: JSON.stringify(request) };
  return obj("App", app, { apiVersion: "holdfast.dev/v1alpha1" }, { annotations });
}

const at = "2026-11-21T09:00:00Z";

describe("a flight", () => {
  it("ends in a status, an App object and an event, and sends nothing more while nothing is new", async () => {
    const app = "flight";
    bench().declare(app, { objects: [configMap("web")] });
    const { status } = await flown(app);
    expect(status).toMatchObject({ app, state: "Synced", reason: "InSync" });
    expect(bench().events).toContainEqual(
      expect.objectContaining({
        type: "pass-ended",
        app,
        result: "success",
        outcomes: { created: 1 },
      }),
    );
    await flown(app);
    const from = bench().mark;
    const { wakes } = await flown(app);
    expect(bench().writesSince(from)).toEqual([]);
    expect(wakes).toEqual([]);
  });

  it("is not taken without the lease (A-16)", async () => {
    const app = "leaseless";
    bench().declare(app, { objects: [configMap("web")] });
    const { cluster } = bench().world;
    const world = {
      ...bench().world,
      cluster: { ...cluster, lease: { ...cluster.lease, holder: () => false } },
    };
    const from = bench().mark;
    await flown(app, world);
    expect(bench().requestsSince(from)).toEqual([]);
  });

  it("P9: that ends in a bug is told, and tried again later and later", async () => {
    const app = "bug";
    bench().declare(app, { objects: [configMap("web")] });
    const { client } = bench().world.cluster;
    const broken = through(bench(), {
      ...client,
      get: () => Promise.reject(new TypeError("a bug")),
    });
    const first = await flown(app, broken);
    expect(bench().events).toContainEqual(
      expect.objectContaining({ type: "error", app, message: "a bug", stack: expect.any(String) }),
    );
    for (let more = 0; more < 4; more += 1) await flown(app, broken);
    const last = await flown(app, broken);
    expect(first.wakes[0]).toBeLessThanOrEqual(1_200);
    expect(last.wakes[0]).toBeGreaterThan(20_000);
  });

  it("without an answer leaves the unit Unknown, and is tried again", async () => {
    const app = "unreachable";
    bench().declare(app, { objects: [configMap("web")] });
    const { client } = bench().world.cluster;
    const failure = {
      status: 0,
      reason: "Refused",
      message: "refused",
      causes: [],
      indeterminate: false,
    };
    const get = () => Promise.reject(new ApiError(failure));
    const { status, wakes } = await flown(app, through(bench(), { ...client, get }));
    expect(status).toMatchObject({ state: "Unknown", reason: "ClusterUnreachable" });
    expect(wakes).toHaveLength(1);
  });

  it("P-13: whose inventory somebody else wrote starts over", async () => {
    const app = "rivals";
    bench().declare(app, { objects: [configMap("web")] });
    const { client } = bench().world.cluster;
    const conflict = {
      status: 409,
      reason: "Conflict",
      message: "x",
      causes: [],
      indeterminate: false,
    };
    const create = () => Promise.reject(new ApiError(conflict));
    const { wakes } = await flown(app, through(bench(), { ...client, create }));
    expect(wakes).toEqual([1_000]);
    expect(await bench().get(within(app, configMap("web")))).toBeUndefined();
  });

  it("A-70: with a refused object is Failed, and tried again by the slow ladder", async () => {
    const app = "refused";
    const bad = obj("Service", "bad", { spec: { ports: "none" } });
    bench().declare(app, { objects: [configMap("web"), bad] });
    const { status, wakes } = await flown(app);
    expect(status).toMatchObject({ state: "Failed", reason: "Rejected" });
    expect(status?.problems[0]).toMatchObject({ file: `apps/${app}/objects.yaml`, line: 11 });
    expect(wakes[0]).toBeGreaterThanOrEqual(24_000);
    expect(wakes[0]).toBeLessThanOrEqual(36_000);
  });

  it("O21: of a suspended cluster looks again when the suspension ends, and then acts", async () => {
    const app = "paused";
    const untilMs = bench().world.ports.clock.now() + 3_600_000;
    const suspend = { reason: "move", until: new Date(untilMs).toISOString() };
    bench().declare(app, { objects: [configMap("web")] });
    await flown(app);
    const manifests = bench().declare(app, { objects: [configMap("web", { a: "2" })] });
    const cluster = { name: "eu", labels: {}, values: {}, suspend };
    const artifact = { commit: manifests.commit, tree: new Map() };
    const fleet = { artifact, seen: "", cluster, environment: "", known: ["eu"], problems: [] };
    const world: World = { ...bench().world, fleet };
    const from = bench().mark;
    const { status, wakes } = await flown(app, world);
    expect(status?.suspend).toMatchObject({ reason: "move" });
    expect(
      bench()
        .writesSince(from)
        .filter((one) => !one.includes("/apps")),
    ).toEqual([]);
    expect(Math.min(...wakes)).toBeGreaterThan(3_500_000);
    expect(Math.min(...wakes)).toBeLessThan(3_700_000);
    bench().laterMs += 3_600_001;
    await flown(app, world);
    expect((await bench().get(within(app, configMap("web"))))?.["data"]).toEqual({ a: "2" });
    bench().laterMs -= 3_600_001;
  });
});

describe("requests (P-85)", () => {
  it("are obeyed once each", async () => {
    const app = "asked";
    bench().declare(app, { objects: [configMap("web")] });
    await flown(app);
    const sync = asked(app, "sync", { id: "s1", at });
    expect(takeRequests(bench().world, sync).fetch).toBe(true);
    expect(bench().slot(app).bypassProofs).toBe(true);
    const { status } = await flown(app);
    expect(status?.handled).toMatchObject({ sync: "s1" });
    expect(takeRequests(bench().world, sync).fetch).toBe(false);
    expect(bench().slot(app).bypassProofs).toBe(false);
  });

  it("that come while a pass is under way count for the next one", async () => {
    const app = "meanwhile";
    await bench().hand(obj("Namespace", app), { method: "POST" });
    await bench().hand(within(app, configMap("web", { a: "0" })), {
      method: "POST",
      manager: "operator",
    });
    bench().declare(app, { objects: [configMap("web"), configMap("free")] });
    const { client } = bench().world.cluster;
    const apply: ClusterClient["apply"] = (...call) => {
      takeRequests(bench().world, asked(app, "accept", { id: "a1", at }));
      takeRequests(bench().world, asked(app, "sync", { id: "s1", at }));
      return client.apply(...call);
    };
    await flown(app, through(bench(), { ...client, apply }));
    expect(bench().slot(app)).toMatchObject({ takeOver: true, bypassProofs: true });
    await flown(app);
    expect((await bench().get(within(app, configMap("web"))))?.["data"]).toEqual({ a: "1" });
    expect(bench().slot(app)).toMatchObject({ takeOver: false, bypassProofs: false });
  });

  it("O30: an accept is bound to its digest", async () => {
    const app = "bound";
    const all = Array.from({ length: 8 }, (_each, index) => configMap(`c${index}`));
    bench().declare(app, { objects: all });
    await flown(app);
    bench().declare(app, { objects: all.slice(5) });
    const { status } = await flown(app);
    expect(status).toMatchObject({ state: "Held", reason: "PruneGuard" });
    takeRequests(bench().world, asked(app, "accept", { id: "a1", at, plan: status?.held?.plan }));
    bench().declare(app, { objects: all.slice(6) });
    expect((await flown(app)).status).toMatchObject({ state: "Held" });
    expect(await bench().get(within(app, configMap("c0")))).toBeDefined();
    bench().declare(app, { objects: all.slice(5) });
    await flown(app);
    expect(await bench().get(within(app, configMap("c0")))).toBeUndefined();
  });
});
