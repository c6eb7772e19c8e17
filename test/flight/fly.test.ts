import { describe, expect, it } from "vitest";
import type { ClusterClient } from "../../agent/cluster/client.ts";
import { ApiError } from "../../agent/cluster/errors.ts";
import { createInventoryStore } from "../../agent/cluster/inventory.ts";
import { fly } from "../../agent/flight/fly.ts";
import { requestAnnotation } from "../../agent/model/names.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { takeRequests } from "../../agent/requests/requests.ts";
import { restoreSlots } from "../../agent/term/restore.ts";
import type { World } from "../../agent/world.ts";
import { annotate } from "../../cli/commands/request.ts";
import { type Bench, configMap, never, obj, sharedBench, within } from "../pass/bench.ts";

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

function asked(app: string, kind: "accept" | "sync" | "suspend", request: object): KubeObject {
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

describe("a suspended app (P-85, O21)", () => {
  const reason = "INC-9: patched by hand";
  const until = (ms = 3_600_000) => new Date(bench().world.ports.clock.now() + ms).toISOString();
  const objectWrites = (from: number) =>
    bench()
      .writesSince(from)
      .filter((one) => !one.includes("/apps"));
  const ask = (app: string, request: object) =>
    takeRequests(bench().world, asked(app, "suspend", { at, ...request }));
  const paused = async (app: string, objects: readonly KubeObject[]) => {
    bench().declare(app, { objects });
    await flown(app);
    ask(app, { id: "s1", reason, until: until(), by: "ana" });
    return await flown(app);
  };

  it("says by whom, why and until when, and is never green", async () => {
    const { status } = await paused("stopped", [configMap("web")]);
    expect(status).toMatchObject({ state: "Suspended", reason: "AppSuspended" });
    expect(status?.suspend).toMatchObject({ by: "ana", reason });
    expect(status?.message).toMatch(/^Suspended by ana until .*Z: INC-9: patched by hand\./);
    expect(status?.message).toContain("holdfast resume stopped --cluster");
  });

  it("D-27: drift is listed, and neither it nor what a merge changes, adds or drops is written", async () => {
    const app = "untouched";
    await paused(app, [configMap("web"), configMap("next"), configMap("old")]);
    const patched = within(app, configMap("web", { a: "by hand" }));
    await bench().hand(patched);
    const from = bench().mark;
    const { commit } = bench().declare(app, {
      objects: [configMap("web"), configMap("next", { a: "2" }), configMap("new")],
    });
    const { status } = await flown(app);
    expect(objectWrites(from)).toEqual([]);
    expect(status).toMatchObject({ state: "Suspended", objects: { drifted: 1 } });
    expect(status?.drift).toMatchObject([
      {
        ref: { name: "web" },
        action: "held",
        fields: [{ path: "data.a", manager: "kubectl-edit" }],
      },
    ]);
    // What waits is not taken for done.
    expect(status?.revisions.live?.commit).not.toBe(commit.id);
    expect(status?.pending).toMatchObject({ count: 1 });
    expect(await bench().get(within(app, configMap("old")))).toBeDefined();

    ask(app, { id: "r1", until: at });
    expect((await flown(app)).status).toMatchObject({ state: "Synced" });
    expect(await bench().get(within(app, configMap("old")))).toBeUndefined();
    expect((await bench().get(within(app, configMap("new"))))?.["data"]).toBeDefined();
  });

  it("does not take a commit for done that only drops something", async () => {
    const app = "dropping";
    await paused(app, [configMap("web"), configMap("old")]);
    const { commit } = bench().declare(app, { objects: [configMap("web")] });
    const { status } = await flown(app);
    expect(status).toMatchObject({ state: "Suspended", reason: "AppSuspended" });
    expect(status?.revisions.live?.commit).not.toBe(commit.id);
  });

  it("keeps what a person accepted meanwhile for the time after it (P-60)", async () => {
    const app = "accepted";
    await bench().hand(obj("Namespace", app), { method: "POST" });
    const taken = { ...configMap("web", { a: "0" }) };
    const marks = { "argocd.argoproj.io/tracking-id": "other:/ConfigMap:x/web" };
    const marked = { ...taken, metadata: { ...taken.metadata, annotations: marks } };
    await bench().hand(within(app, marked), { method: "POST", manager: "operator" });
    bench().declare(app, { objects: [configMap("web")] });
    ask(app, { id: "s1", reason, until: until() });
    await flown(app);
    takeRequests(bench().world, asked(app, "accept", { id: "a1", at }));
    expect((await flown(app)).status).toMatchObject({ suspend: { reason } });
    ask(app, { id: "r1", until: at });
    expect((await flown(app)).status).toMatchObject({ state: "Synced" });
    expect((await bench().get(within(app, configMap("web"))))?.["data"]).not.toEqual({ a: "0" });
  });

  it("is resumed by whoever asks, whatever his clock says", async () => {
    const app = "clocks";
    await paused(app, [configMap("web")]);
    const ahead = until(600_000);
    ask(app, { id: "r1", at: ahead, until: ahead });
    expect((await flown(app)).status).toMatchObject({ state: "Synced" });
  });

  it("goes on by itself at the end of its time", async () => {
    const app = "over";
    const { wakes } = await paused(app, [configMap("web")]);
    expect(Math.min(...wakes)).toBeGreaterThan(3_500_000);
    expect(Math.min(...wakes)).toBeLessThan(3_700_000);
    bench().declare(app, { objects: [configMap("web", { a: "2" })] });
    bench().laterMs += 3_600_001;
    const { status } = await flown(app);
    bench().laterMs -= 3_600_001;
    expect(status?.suspend).toBeUndefined();
    expect((await bench().get(within(app, configMap("web"))))?.["data"]).toEqual({ a: "2" });
  });

  it("stays so through a restart and without its App object: the inventory has a copy", async () => {
    const app = "kept-still";
    await paused(app, [configMap("web")]);
    const { cluster } = bench().world;
    await cluster.apps.remove(app, never);
    const world: World = { ...bench().world, slots: new Map() };
    await restoreSlots(world, never);
    expect(world.slots.get(app)?.suspend).toMatchObject({ by: "ana", reason });
    ask(app, { id: "r1", until: at });
    await flown(app);
    const after: World = { ...bench().world, slots: new Map() };
    await restoreSlots(after, never);
    expect(after.slots.get(app)?.suspend).toBeUndefined();
  });

  it("is known before the first pass after a restart, also when there is nothing but the request", async () => {
    const app = "asked-early";
    const { cluster } = bench().world;
    await cluster.apps.write(
      obj(
        "App",
        app,
        {
          apiVersion: "holdfast.dev/v1alpha1",
          spec: { cluster: "eu", namespace: app, path: "", renderer: "plain" },
        },
        { namespace: "holdfast-system" },
      ),
      never,
    );
    const stored = await cluster.apps.read(app, never);
    if (stored === undefined) throw new Error("no App object");
    const annotation = {
      name: requestAnnotation("suspend"),
      value: JSON.stringify({ id: "s1", at, reason, until: until() }),
    };
    await annotate(cluster.client, { object: stored, annotation }, never);
    const world: World = { ...bench().world, slots: new Map() };
    await restoreSlots(world, never);
    // Who does not say who it is is known by its manager alone.
    expect(world.slots.get(app)?.suspend).toMatchObject({ by: "holdfast", reason });
  });

  it.each([
    ["no reason", { until: "2999-01-01T00:00:00Z" }],
    ["no end", { reason }],
    ["an end that is no time", { reason, until: "soon" }],
  ])("needs both: not with %s", async (_what, request) => {
    const app = "half-asked";
    bench().declare(app, { objects: [configMap("web")] });
    ask(app, { id: String(_what), ...request });
    expect((await flown(app)).status).toMatchObject({ state: "Synced" });
  });

  it("lasts seven days at most", async () => {
    const app = "for-ever";
    bench().declare(app, { objects: [configMap("web")] });
    ask(app, { id: "s1", reason, until: "2999-01-01T00:00:00Z" });
    const { status } = await flown(app);
    const lasts = Date.parse(status?.suspend?.until ?? "") - bench().world.ports.clock.now();
    expect(lasts / 86_400_000).toBeCloseTo(7, 1);
  });

  it("4.5-1: goes on declaring what it has: no other app takes an object that a merge moves away from it", async () => {
    const app = "giver";
    const shared = within(app, configMap("moves"));
    await paused(app, [shared, configMap("stays")]);
    bench().declare(app, { objects: [configMap("stays")] });
    bench().declare("taker", { objects: [{ ...shared, data: { a: "taken" } }] });
    const from = bench().mark;
    await flown("taker");
    await flown(app);
    expect(objectWrites(from).filter((one) => one.includes("moves"))).toEqual([]);
  });
});
