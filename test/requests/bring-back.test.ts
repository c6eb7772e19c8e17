import { describe, expect, it } from "vitest";
import { fly } from "../../agent/flight/fly.ts";
import type { AgentEvent } from "../../agent/model/event.ts";
import { requestAnnotation } from "../../agent/model/names.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { bringBack } from "../../agent/requests/bring-back.ts";
import { takeRequests } from "../../agent/requests/requests.ts";
import { expireKept } from "../../agent/term/expire-kept.ts";
import type { World } from "../../agent/world.ts";
import { commitOf, configMap, never, obj, outcomes, sharedBench, within } from "../pass/bench.ts";

const bench = sharedBench();
const keeps = [configMap("x"), configMap("y"), configMap("z")];

/** `drops` were live and are gone by a commit. */
async function dropped(app: string, drops: readonly KubeObject[]): Promise<string> {
  await bench().sync(app, [...drops, ...keeps]);
  const done = await bench().sync(app, keeps);
  for (const object of drops) expect(await bench().get(within(app, object))).toBeUndefined();
  return done.pass.attempted?.id ?? "";
}

interface Asking {
  readonly objects: readonly string[];
  readonly from?: string;
}

async function ask(app: string, body: Asking, world: World = bench().world): Promise<unknown> {
  const request = JSON.stringify({ id: `${app}-1`, at: "2026-11-21T09:00:00Z", ...body });
  const annotations = { [requestAnnotation("restore")]: request };
  takeRequests(world, obj("App", app, { apiVersion: "holdfast.dev/v1alpha1" }, { annotations }));
  const from = bench().events.length;
  await bringBack(world, bench().slot(app), never);
  return bench()
    .events.slice(from)
    .find(({ type }) => type === "restored");
}

describe("holdfast restore, as the agent does it (P-83)", () => {
  it("O32: brings back what it was, nobody's, with its origin; a Secret from its sealed copy", async () => {
    const app = "back";
    const lost = [configMap("a", { a: "last" }), obj("Secret", "s", { data: { p: "c2VjcmV0" } })];
    const commit = await dropped(app, lost);
    const ids = [`${app}_a__ConfigMap`, `${app}_s__Secret`];
    const event = await ask(app, { objects: ids });
    expect(event).toEqual({
      type: "restored",
      app,
      objects: [
        { ref: expect.objectContaining({ name: "a" }) },
        { ref: expect.objectContaining({ name: "s" }) },
      ],
    });
    const map = await bench().get(within(app, configMap("a")));
    expect(map?.["data"]).toEqual({ a: "last" });
    expect(map?.metadata.annotations).toEqual({ "holdfast.dev/restored-from": `${app}@${commit}` });
    expect(map?.metadata.labels ?? {}).toEqual({});
    expect((await bench().get(within(app, obj("Secret", "s"))))?.["data"]).toEqual({
      p: "c2VjcmV0",
    });
    expect(await bench().tracked(app)).toEqual(["ConfigMap/x", "ConfigMap/y", "ConfigMap/z"]);
    const from = bench().mark;
    await bench().pass(app, { bypassProofs: true });
    expect(bench().writesSince(from)).toEqual([]);
  });

  it("Git takes over when it declares the object again: marked, and the origin goes", async () => {
    const app = "declared";
    await dropped(app, [configMap("a", { a: "last", b: "2" })]);
    await ask(app, { objects: [`${app}_a__ConfigMap`] });
    const done = await bench().sync(app, [configMap("a", { a: "git" }), ...keeps]);
    expect(outcomes(done)).toMatchObject({ "ConfigMap/a": "adopted" });
    const live = await bench().get(within(app, configMap("a")));
    expect(live?.["data"]).toEqual({ a: "git", b: "2" });
    expect(live?.metadata.annotations).not.toHaveProperty("holdfast.dev/restored-from");
    expect(live?.metadata.annotations).toHaveProperty("holdfast.dev/owner");
  });

  it("touches nothing that exists, and says so; once for each request", async () => {
    const app = "exists";
    await dropped(app, [configMap("a", { a: "last" })]);
    await bench().hand(within(app, configMap("a", { a: "mine" })), { method: "POST" });
    const event = await ask(app, { objects: [`${app}_a__ConfigMap`] });
    expect(event).toMatchObject({ objects: [{ why: expect.stringContaining("exists") }] });
    expect((await bench().get(within(app, configMap("a"))))?.["data"]).toEqual({ a: "mine" });
    await bench().hand(within(app, configMap("a")), { method: "DELETE" });
    expect(await ask(app, { objects: [`${app}_a__ConfigMap`] })).toBeUndefined();
    expect(await bench().get(within(app, configMap("a")))).toBeUndefined();
  });

  it("names what it has no copy of, and takes the copy of the commit that is asked for", async () => {
    const app = "from";
    const drop = async (value: string, changeId: string): Promise<string> => {
      bench().laterMs += 1000;
      await bench().sync(app, [configMap("a", { a: value }), ...keeps]);
      bench().declare(app, { objects: keeps, changeId });
      return (await bench().pass(app)).pass.attempted?.id ?? "";
    };
    const first = await drop("1", "one");
    expect(await drop("2", "two")).not.toBe(first);
    const id = `${app}_a__ConfigMap`;
    const event = await ask(app, { objects: [id, `${app}_never__ConfigMap`], from: first });
    expect(event).toMatchObject({
      objects: [{ ref: { name: "never" }, why: "no copy of it is kept" }, { ref: { name: "a" } }],
    });
    expect((await bench().get(within(app, configMap("a"))))?.["data"]).toEqual({ a: "1" });
  });

  it("without a commit it is the newest copy", async () => {
    const app = "newest";
    for (const [value, changeId] of [
      ["1", "one"],
      ["2", "two"],
    ] as const) {
      bench().laterMs += 1000;
      await bench().sync(app, [configMap("a", { a: value }), ...keeps]);
      bench().declare(app, { objects: keeps, changeId });
      await bench().pass(app);
    }
    await ask(app, { objects: [`${app}_a__ConfigMap`] });
    expect((await bench().get(within(app, configMap("a"))))?.["data"]).toEqual({ a: "2" });
  });

  it("a Job comes back without the UID of the Job that was", async () => {
    const app = "job";
    const job = obj("Job", "j", {
      spec: {
        template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } },
      },
    });
    await dropped(app, [job]);
    expect(await ask(app, { objects: [`${app}_j_batch_Job`] })).toMatchObject({
      objects: [{ ref: { name: "j" } }],
    });
    expect(await bench().get(within(app, job))).toBeDefined();
  });

  it("writes nothing while nothing may be written", async () => {
    const app = "suspended";
    await dropped(app, [configMap("a")]);
    const { world } = bench();
    const settings = { ...world.settings, enforce: false };
    const from = bench().mark;
    const event = await ask(app, { objects: [`${app}_a__ConfigMap`] }, { ...world, settings });
    expect(event).toMatchObject({
      objects: [{ why: expect.stringContaining("nothing is written") }],
    });
    expect(bench().writesSince(from)).toEqual([]);
  });
});

describe("an app that is gone with all it had", () => {
  it("gives its things back when somebody asks, and its App object goes again", async () => {
    const app = "gone";
    await bench().sync(app, [configMap("a", { a: "last" }), configMap("b")]);
    const removal = { how: "delete", reason: "AppRemoved", why: "" } as const;
    const { world } = bench();
    bench().declare(app, { objects: [] });
    await bench().pass(app, { removal });
    expect(await bench().inventory(app)).toBeUndefined();
    world.slots.delete(app);
    const request = JSON.stringify({
      id: "1",
      at: "2026-11-21T09:00:00Z",
      objects: [`${app}_a__ConfigMap`],
    });
    const object = obj(
      "App",
      app,
      { apiVersion: "holdfast.dev/v1alpha1", spec: { cluster: "eu" } },
      {
        namespace: "holdfast-system",
        annotations: { [requestAnnotation("restore")]: request },
      },
    );
    takeRequests(world, await world.cluster.client.create(object, never));
    await fly({ ...world, accepted: commitOf("newest") }, app, never);
    expect((await bench().get(within(app, configMap("a", {}))))?.["data"]).toEqual({ a: "last" });
    expect(world.slots.has(app)).toBe(false);
    expect(await world.cluster.apps.read(app, never)).toBeUndefined();
  });

  it("of which nobody wants anything back stays gone", () => {
    const annotations = { [requestAnnotation("sync")]: JSON.stringify({ id: "1", at: "x" }) };
    const object = obj("App", "ghost", { apiVersion: "holdfast.dev/v1alpha1" }, { annotations });
    takeRequests(bench().world, object);
    expect(bench().world.slots.has("ghost")).toBe(false);
  });
});

describe("before each DELETE (P-83)", () => {
  it("the live object is saved, not the declared one; one record for all of a commit", async () => {
    const app = "kept";
    await bench().sync(app, [configMap("a"), configMap("b"), ...keeps]);
    await bench().hand(within(app, configMap("a", { extra: "by hand" })));
    const from = bench().mark;
    await bench().sync(app, keeps);
    const writes = bench().writesSince(from);
    const kept = writes.findIndex((one) => one.includes("/secrets"));
    expect(kept).toBeGreaterThanOrEqual(0);
    expect(kept).toBeLessThan(writes.findIndex((one) => one.startsWith("DELETE")));
    expect(writes.filter((one) => one.includes("/secrets"))).toHaveLength(1);
    const [record] = await bench().world.cluster.kept.list(app, never);
    const copies = record?.objects.map(({ ref, object }) => [ref.name, object?.["data"]]);
    expect(copies?.sort()).toEqual([
      ["a", { a: "1", extra: "by hand" }],
      ["b", { a: "1" }],
    ]);
  });
});

describe("what is kept too long", () => {
  it("§12: goes at the start of a term and once a day, whatever else happens", async () => {
    const expired: number[] = [];
    const slept: number[] = [];
    const ending = new AbortController();
    const { world } = bench();
    const kept = {
      ...world.cluster.kept,
      expire: async () => {
        expired.push(slept.length);
        if (expired.length === 2) throw new TypeError("a bug");
      },
    };
    const clock = {
      ...world.ports.clock,
      sleep: async (ms: number) => {
        slept.push(ms / 3_600_000);
        if (slept.length === 3) ending.abort();
      },
    };
    const events: AgentEvent[] = [];
    const ports = { ...world.ports, clock, emit: (event: AgentEvent) => void events.push(event) };
    await expireKept({ cluster: { ...world.cluster, kept }, ports }, ending.signal);
    expect([expired, slept]).toEqual([
      [0, 1, 2],
      [24, 24, 24],
    ]);
    expect(events).toMatchObject([{ type: "error", message: "a bug" }]);
  });
});
