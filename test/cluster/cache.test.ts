import { describe, expect, it } from "vitest";
import { createLiveCache } from "../../agent/cluster/cache.ts";
import type { Page, WatchEvent } from "../../agent/cluster/client.ts";
import { ApiError } from "../../agent/cluster/errors.ts";
import type { AgentEvent } from "../../agent/model/event.ts";
import { type KubeObject, refId, refOf } from "../../agent/model/object.ts";
import { createManualClock, testHasher } from "../doubles/ports.ts";

function failure(status: number, reason: string): ApiError {
  return new ApiError({ status, reason, message: reason, causes: [], indeterminate: false });
}

function object(name: string, version: number, more: Partial<KubeObject> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    data: { v: "1" },
    ...more,
    metadata: {
      name,
      namespace: "n",
      uid: `uid-${name}`,
      resourceVersion: `${version}`,
      ...more.metadata,
    },
  };
}

type Step = WatchEvent | { readonly fail: Error } | { readonly end: true };

/** A server whose lists and watches a test plays by hand. */
function createPlayed() {
  const lists: (readonly KubeObject[] | Error)[] = [];
  const asked: string[] = [];
  const waiting: ((step: Step) => void)[] = [];
  const steps: Step[] = [];
  let version = 100;
  const next = (signal: AbortSignal): Promise<Step> => {
    const step = steps.shift();
    if (step !== undefined) return Promise.resolve(step);
    return new Promise((resolve) => {
      waiting.push(resolve);
      signal.addEventListener("abort", () => resolve({ end: true }), { once: true });
    });
  };
  return {
    asked,
    nextList: (items: readonly KubeObject[] | Error, at = version) => {
      version = at;
      lists.push(items);
    },
    play: (step: Step) => {
      const taker = waiting.shift();
      if (taker === undefined) steps.push(step);
      else taker(step);
    },
    client: {
      async *list(): AsyncGenerator<Page> {
        asked.push("list");
        const items = lists.shift() ?? [];
        if (items instanceof Error) throw items;
        yield { items, resourceVersion: `${version}`, remaining: undefined };
      },
      async *watch(
        _selection: unknown,
        from: string,
        signal: AbortSignal,
      ): AsyncGenerator<WatchEvent> {
        asked.push(`watch ${from}`);
        for (;;) {
          const step = await next(signal);
          if ("fail" in step) throw step.fail;
          if ("end" in step) return;
          yield step;
        }
      },
    },
  };
}

async function setUp(first: readonly KubeObject[] = [object("a", 10)], full = true) {
  const server = createPlayed();
  const clock = createManualClock();
  const told: string[] = [];
  const events: AgentEvent[] = [];
  server.nextList(first);
  const cache = createLiveCache({
    client: server.client,
    clock,
    random: { next: () => 0.5, id: () => "" },
    hasher: testHasher,
    emit: (event) => events.push(event),
    labelSelector: "x=y",
  });
  cache.onChange((ref, type) => told.push(`${type} ${ref.name}`));
  cache.setKinds([{ group: "", version: "v1", kind: "ConfigMap", full }]);
  await cache.synced([{ group: "", kind: "ConfigMap" }], AbortSignal.timeout(5000));
  const id = (name: string) => refId(refOf(object(name, 1)));
  const play = async (step: Step) => {
    server.play(step);
    await clock.advance(0);
  };
  return { server, clock, told, events, cache, id, play };
}

describe("the live cache", () => {
  it("tells what alters fingerprint, status (H-5) or termination, and nothing else", async () => {
    const { told, play, cache } = await setUp();
    await play({ type: "modified", object: object("a", 11) });
    expect(told).toEqual([]);
    const restless = { "control-plane.alpha.kubernetes.io/leader": "x" };
    await play({
      type: "modified",
      object: object("a", 12, { metadata: { name: "a", annotations: restless } }),
    });
    await play({
      type: "modified",
      object: object("a", 13, {
        metadata: {
          name: "a",
          annotations: { ...restless, "control-plane.alpha.kubernetes.io/leader": "y" },
        },
      }),
    });
    expect(told).toEqual([]);
    await play({ type: "modified", object: object("a", 14, { data: { v: "2" } }) });
    await play({
      type: "modified",
      object: object("a", 15, { data: { v: "2" }, status: { ready: true } }),
    });
    expect(told).toEqual(["changed a", "changed a"]);
    await cache.stop();
  });

  it("never goes back for one uid: late events lose against our own answers (C-18)", async () => {
    const { cache, told, play, id } = await setUp();
    cache.put(object("a", 20, { data: { v: "ours" } }));
    await play({ type: "modified", object: object("a", 15, { data: { v: "old" } }) });
    expect(cache.get(id("a"))?.data).toEqual({ v: "ours" });
    await play({ type: "deleted", object: object("a", 19) });
    expect(cache.get(id("a"))?.data).toEqual({ v: "ours" });
    expect(told).toEqual([]);
    await play({ type: "deleted", object: object("a", 21) });
    expect(cache.get(id("a"))).toBeUndefined();
    expect(told).toEqual(["deleted a"]);
    await cache.stop();
  });

  it("compares versions as numbers of any length", async () => {
    const { cache, play, id } = await setUp([object("a", 9)]);
    await play({ type: "modified", object: object("a", 10, { data: { v: "newer" } }) });
    expect(cache.get(id("a"))?.data).toEqual({ v: "newer" });
    await cache.stop();
  });

  it("lists anew on 410 and finds what was deleted meanwhile (C-3, A07)", async () => {
    const { cache, server, told, play, id, events } = await setUp([
      object("a", 10),
      object("b", 11),
    ]);
    server.nextList([object("b", 11), object("c", 140)], 150);
    await play({ fail: failure(410, "Expired") });
    expect(server.asked).toEqual(["list", "watch 100", "list", "watch 150"]);
    expect(told.sort()).toEqual(["changed c", "deleted a"]);
    expect(cache.get(id("a"))).toBeUndefined();
    expect(events).toContainEqual({
      type: "watch-restarted",
      kind: "ConfigMap",
      reason: "expired",
    });
    await cache.stop();
  });

  it("lets a list lower the floor (etcd restored), but not below what we put while it ran", async () => {
    const { cache, server, play, id, clock } = await setUp([object("a", 1000)]);
    server.nextList([object("a", 40, { data: { v: "restored" } })], 50);
    await play({ fail: failure(410, "Expired") });
    expect(cache.get(id("a"))?.data).toEqual({ v: "restored" });
    await play({ type: "modified", object: object("a", 41, { data: { v: "after" } }) });
    expect(cache.get(id("a"))?.data).toEqual({ v: "after" });
    await clock.advance(0);
    await cache.stop();
  });

  it("throws the stream away and lists when a line cannot be read (A10)", async () => {
    const { cache, server, play, clock } = await setUp();
    await play({ type: "bookmark", resourceVersion: "120" });
    server.nextList([object("a", 10)], 130);
    await play({ fail: failure(0, "BadAnswer") });
    await clock.advance(2000);
    expect(server.asked).toEqual(["list", "watch 100", "list", "watch 130"]);
    await cache.stop();
  });

  it("resumes from the last event or bookmark after a cut (A06)", async () => {
    const { cache, server, play, clock } = await setUp();
    await play({ type: "bookmark", resourceVersion: "120" });
    await play({ fail: failure(0, "Reset") });
    await clock.advance(2000);
    await play({ type: "modified", object: object("a", 125) });
    await play({ fail: failure(0, "Reset") });
    await clock.advance(2000);
    expect(server.asked).toEqual(["list", "watch 100", "watch 120", "watch 125"]);
    await cache.stop();
  });

  it("never takes a failed list for an empty one", async () => {
    const { cache, server, told, play, id, clock } = await setUp();
    server.nextList(failure(500, "InternalError"));
    server.nextList([object("a", 10)], 160);
    await play({ fail: failure(410, "Expired") });
    await clock.advance(10_000);
    expect(server.asked.filter((each) => each === "list")).toHaveLength(3);
    expect(cache.get(id("a"))).toBeDefined();
    expect(told).toEqual([]);
    await cache.stop();
  });

  it("calls a kind stale that is not proven alive for five minutes, and not a moment after proof (C-5)", async () => {
    const { cache, play, clock } = await setUp();
    await clock.advance(299_000);
    expect(cache.stale(clock.monotonic())).toEqual([]);
    await clock.advance(2_000);
    expect(cache.stale(clock.monotonic())).toEqual([
      { group: "", kind: "ConfigMap", why: "silent" },
    ]);
    await play({ type: "bookmark", resourceVersion: "200" });
    expect(cache.stale(clock.monotonic())).toEqual([]);
    await cache.stop();
  });

  it("lists once a day although nothing is wrong, and tells what the watch had not shown (C-5)", async () => {
    const { cache, server, told, play, clock } = await setUp();
    const lists = () => server.asked.filter((each) => each === "list").length;
    await clock.advance(23 * 3_600_000);
    await play({ end: true });
    expect(lists()).toBe(1);
    await clock.advance(2 * 3_600_000);
    server.nextList([object("b", 20)]);
    await play({ end: true });
    expect(lists()).toBe(2);
    expect(told).toEqual(["deleted a", "changed b"]);
    await cache.stop();
  });

  it("backs off while the server refuses (C-4), and asks again what is forbidden after minutes", async () => {
    const { cache, server, play, clock } = await setUp();
    for (let at = 0; at < 4; at += 1) server.nextList(failure(403, "Forbidden"));
    await play({ fail: failure(410, "Gone") });
    const lists = () => server.asked.filter((each) => each === "list").length;
    expect(lists()).toBe(2);
    expect(cache.stale(clock.monotonic())).toEqual([
      { group: "", kind: "ConfigMap", why: "forbidden" },
    ]);
    await clock.advance(240_000);
    expect(lists()).toBe(2);
    await clock.advance(120_000);
    expect(lists()).toBe(3);
    await cache.stop();
  });

  it("D-16: stops watching a kind that is not served, and tries again when kinds are set anew", async () => {
    const { cache, server, play } = await setUp();
    await play({ fail: failure(404, "KindUnknown") });
    expect(cache.stale(0)).toEqual([{ group: "", kind: "ConfigMap", why: "gone" }]);
    server.nextList([object("a", 10)], 300);
    cache.setKinds([{ group: "", version: "v1", kind: "ConfigMap", full: true }]);
    await cache.synced([{ group: "", kind: "ConfigMap" }], AbortSignal.timeout(5000));
    expect(cache.stale(0)).toEqual([]);
    await cache.stop();
  });

  it("C-7: keeps only what a metadata watch would show", async () => {
    const { cache, id } = await setUp([object("a", 10)], false);
    cache.put(object("a", 20));
    expect(cache.get(id("a"))?.data).toBeUndefined();
    await cache.stop();
  });
});

it("C-2: lists four kinds at a time, and in the end all", async () => {
  const clock = createManualClock();
  const kinds = Array.from({ length: 10 }, (_, at) => `Kind${at}`);
  const waiting: (() => void)[] = [];
  let most = 0;
  const cache = createLiveCache({
    client: {
      async *list(): AsyncGenerator<Page> {
        await new Promise<void>((go) => waiting.push(go));
        yield { items: [], resourceVersion: "1", remaining: undefined };
      },
      async *watch(_selection, _from, signal): AsyncGenerator<WatchEvent> {
        await new Promise((end) => signal.addEventListener("abort", end, { once: true }));
      },
    },
    clock,
    random: { next: () => 0.5, id: () => "" },
    hasher: testHasher,
    labelSelector: "x=y",
  });
  cache.setKinds(kinds.map((kind) => ({ group: "", version: "v1", kind, full: true })));
  let listed = 0;
  while (listed < kinds.length) {
    await clock.advance(0);
    most = Math.max(most, waiting.length);
    listed += waiting.length;
    for (const go of waiting.splice(0)) go();
  }
  expect(most).toBe(4);
  await clock.advance(0);
  const proven = kinds.filter((kind) => cache.aliveAt({ group: "", kind }) !== undefined);
  expect(proven).toHaveLength(10);
  await cache.stop();
});
