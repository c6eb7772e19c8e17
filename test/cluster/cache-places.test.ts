import { describe, expect, it } from "vitest";
import { createLiveCache } from "../../agent/cluster/cache.ts";
import type { Page, Selection, WatchEvent } from "../../agent/cluster/client.ts";
import { ApiError } from "../../agent/cluster/errors.ts";
import { type KubeObject, refId, refOf } from "../../agent/model/object.ts";
import { createManualClock, testHasher } from "../doubles/ports.ts";

const refused = new ApiError({
  status: 403,
  reason: "Forbidden",
  message: "no",
  causes: [],
  indeterminate: false,
});

function secret(name: string, namespace: string, version: number): KubeObject {
  const metadata = { name, namespace, uid: `uid-${name}`, resourceVersion: `${version}` };
  return { apiVersion: "v1", kind: "Secret", metadata };
}

/** A server that lets us list and watch in some places only; `""` is the whole cluster. */
function setUp(
  allowed: Set<string>,
  objects: readonly KubeObject[],
  namespaces?: readonly string[],
) {
  const clock = createManualClock();
  const asked: string[] = [];
  const told: string[] = [];
  const open = new Map<string, (event: WatchEvent | ApiError) => void>();
  const cache = createLiveCache({
    clock,
    random: { next: () => 0.5, id: () => "" },
    hasher: testHasher,
    labelSelector: "x=y",
    client: {
      async *list({ namespace = "" }: Selection): AsyncGenerator<Page> {
        asked.push(`list ${namespace || "*"}`);
        if (!allowed.has(namespace)) throw refused;
        const items = objects.filter(({ metadata }) =>
          ["", metadata.namespace].includes(namespace),
        );
        yield { items, resourceVersion: "100", remaining: undefined };
      },
      async *watch({ namespace = "" }: Selection, _from: string, signal: AbortSignal) {
        while (!signal.aborted) {
          yield await new Promise<WatchEvent>((resolve, reject) => {
            open.set(namespace, (event) =>
              event instanceof ApiError ? reject(event) : resolve(event),
            );
            signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          });
        }
      },
    },
  });
  cache.onChange((ref, type) => told.push(`${type} ${ref.namespace}/${ref.name}`));
  const kind = { group: "", version: "v1", kind: "Secret", full: true };
  const follow = (wanted: readonly string[] | undefined) =>
    cache.setKinds([{ ...kind, ...(wanted === undefined ? {} : { namespaces: wanted }) }]);
  follow(namespaces);
  return {
    cache,
    clock,
    asked,
    told,
    open,
    follow,
    has: (object: KubeObject) => cache.entry(refId(refOf(object))) !== undefined,
    synced: () => cache.synced([kind], AbortSignal.timeout(5000)),
  };
}

const inA = secret("a", "team-a", 10);
const inB = secret("b", "team-b", 11);

describe("a kind that may not be listed in the whole cluster (C-8)", () => {
  it("is watched in each namespace where it is declared, and its changes are told", async () => {
    const { cache, has, synced, open, clock, told, asked } = setUp(
      new Set(["team-a", "team-b"]),
      [inA, inB],
      ["team-a", "team-b"],
    );
    await synced();
    expect(asked).toEqual(["list *", "list team-a", "list team-b"]);
    expect([has(inA), has(inB)]).toEqual([true, true]);
    expect(cache.stale(clock.monotonic())).toEqual([]);
    await clock.advance(0);
    open.get("team-b")?.({ type: "deleted", object: secret("b", "team-b", 12) });
    await clock.advance(0);
    expect(told).toEqual(["deleted team-b/b"]);
    expect([has(inA), has(inB)]).toEqual([true, false]);
    await cache.stop();
  });

  it("names the namespaces that it cannot see, and believes nothing that was put there", async () => {
    const { cache, has, synced, clock } = setUp(
      new Set(["team-a"]),
      [inA, inB],
      ["team-a", "team-b"],
    );
    await synced();
    expect(cache.stale(clock.monotonic())).toEqual([
      { group: "", kind: "Secret", why: "forbidden", namespaces: ["team-b"] },
    ]);
    cache.put(inB);
    cache.put(secret("c", "team-c", 13));
    expect([has(inA), has(inB), has(secret("c", "team-c", 13))]).toEqual([true, false, false]);
    await cache.stop();
  });

  it("forgets what it knew of a place that it may not see any more", async () => {
    const allowed = new Set(["team-a"]);
    const { has, synced, clock, open, cache } = setUp(allowed, [inA], ["team-a"]);
    await synced();
    await clock.advance(0);
    expect(has(inA)).toBe(true);
    allowed.clear();
    open.get("team-a")?.(refused);
    await clock.advance(0);
    expect(has(inA)).toBe(false);
    await cache.stop();
  });

  it("follows namespaces as they come and go", async () => {
    const { cache, follow, has, synced, asked } = setUp(
      new Set(["team-a", "team-b"]),
      [inA, inB],
      ["team-a"],
    );
    await synced();
    expect(has(inB)).toBe(false);
    follow(["team-b"]);
    await synced();
    expect(asked).toEqual(["list *", "list team-a", "list team-b"]);
    expect([has(inA), has(inB)]).toEqual([false, true]);
    await cache.stop();
  });

  it("is watched as a whole as soon as that is allowed", async () => {
    const allowed = new Set(["team-a"]);
    const { cache, has, synced, clock, asked } = setUp(allowed, [inA, inB], ["team-a"]);
    await synced();
    allowed.add("");
    await clock.advance(300_000);
    expect(asked).toEqual(["list *", "list team-a", "list *"]);
    expect([has(inA), has(inB)]).toEqual([true, true]);
    await cache.stop();
  });

  it("asks anew when it is told that rights may have come, and tells what it finds", async () => {
    const allowed = new Set(["team-a"]);
    const { cache, has, synced, clock, asked, told } = setUp(
      allowed,
      [inA, inB],
      ["team-a", "team-b"],
    );
    await synced();
    allowed.add("team-b");
    cache.retryForbidden();
    await synced();
    await clock.advance(0);
    expect(asked.slice(3)).toEqual(["list *", "list team-a", "list team-b"]);
    expect([has(inA), has(inB)]).toEqual([true, true]);
    expect(told).toContain("changed team-b/b");
    expect(cache.stale(clock.monotonic())).toEqual([]);
    cache.retryForbidden();
    expect(asked).toHaveLength(6);
    await cache.stop();
  });

  it("has no namespaces to turn to when it is cluster-scoped, and then proves nothing", async () => {
    const { cache, has, synced, clock } = setUp(new Set(), []);
    await synced();
    const object = { ...inA, metadata: { ...inA.metadata, namespace: "" } };
    cache.put(object);
    expect(has(object)).toBe(false);
    expect(cache.stale(clock.monotonic())).toEqual([
      { group: "", kind: "Secret", why: "forbidden" },
    ]);
    await cache.stop();
  });
});
