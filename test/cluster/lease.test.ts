import { describe, expect, it } from "vitest";
import { ApiError } from "../../agent/cluster/errors.ts";
import { createLease, type Lease } from "../../agent/cluster/lease.ts";
import { guardWrites } from "../../agent/cluster/leased.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { createManualClock, type ManualClock } from "../doubles/ports.ts";

const never = new AbortController().signal;
const durations = { durationMs: 6000, renewDeadlineMs: 1000, writeTimeoutMs: 4000 };

function refused(status: number, reason: string): ApiError {
  return new ApiError({ status, reason, message: reason, causes: [], indeterminate: false });
}

/** One Lease with optimistic concurrency, and for each caller a way to cut it off or stop it. */
function createServer() {
  let stored: KubeObject | undefined;
  let version = 0;
  const log: string[] = [];
  function put(object: KubeObject, who: string): KubeObject {
    version += 1;
    stored = { ...object, metadata: { ...object.metadata, resourceVersion: `${version}` } };
    const { holderIdentity } = object.spec as { holderIdentity: string };
    log.push(`${who}:${holderIdentity}`);
    return stored;
  }
  return {
    log,
    current: () => stored,
    clientOf: (who: string, gate: { mode: "open" | "cut" | "lost" | "hang" }) => {
      async function pass<T>(signal: AbortSignal, act: () => T): Promise<T> {
        if (gate.mode === "cut") throw refused(0, "Refused");
        if (gate.mode === "hang") {
          await new Promise((_, reject) =>
            signal.addEventListener("abort", () => reject(refused(0, "Timeout"))),
          );
        }
        const answer = act();
        if (gate.mode === "lost") throw refused(0, "Reset");
        return answer;
      }
      return {
        get: (_ref: unknown, signal: AbortSignal) => pass(signal, () => stored),
        dryRun: () => Promise.reject(new Error("not asked")),
        create: (object: KubeObject, signal: AbortSignal) =>
          pass(signal, () => {
            if (stored !== undefined) throw refused(409, "AlreadyExists");
            return put(object, who);
          }),
        replace: (object: KubeObject, _sub: undefined | "status", signal: AbortSignal) =>
          pass(signal, () => {
            if (stored?.metadata.resourceVersion !== object.metadata.resourceVersion) {
              throw refused(409, "Conflict");
            }
            return put(object, who);
          }),
      };
    },
  };
}

interface Agent {
  readonly lease: Lease;
  readonly gate: { mode: "open" | "cut" | "lost" | "hang" };
  readonly stop: AbortController;
  readonly running: Promise<void>;
}

function start(
  server: ReturnType<typeof createServer>,
  clock: ManualClock,
  identity: string,
): Agent {
  const gate: Agent["gate"] = { mode: "open" };
  const lease = createLease({
    client: server.clientOf(identity, gate),
    namespace: "holdfast-system",
    identity,
    clock,
    random: { next: () => 0.5, id: () => identity },
    durations,
  });
  const stop = new AbortController();
  return { lease, gate, stop, running: lease.run(stop.signal) };
}

async function end(...agents: readonly Agent[]): Promise<void> {
  for (const { stop } of agents) stop.abort();
  await Promise.all(agents.map(({ running }) => running));
}

describe("the lease", () => {
  it("refuses durations that leave no room for the last write", () => {
    const client = createServer().clientOf("x", { mode: "open" });
    const clock = createManualClock();
    const bad = { durationMs: 5000, renewDeadlineMs: 1000, writeTimeoutMs: 4000 };
    const make = () =>
      createLease({
        client,
        namespace: "n",
        identity: "x",
        clock,
        random: { next: () => 0, id: () => "" },
        durations: bad,
      });
    expect(make).toThrow("shorter");
  });

  it("is held by one of two, steadily", async () => {
    const clock = createManualClock();
    const server = createServer();
    const agents = [start(server, clock, "one"), start(server, clock, "two")];
    const holders = new Set<string>();
    for (let at = 0; at < 200; at += 1) {
      await clock.advance(100);
      const now = agents.map(({ lease }) => lease.holder());
      expect(now.filter(Boolean)).toHaveLength(1);
      holders.add(now[0] ? "one" : "two");
    }
    expect(holders.size).toBe(1);
    await end(...agents);
  });

  it("passes to the other only after its whole duration, and the loser knows first (C03)", async () => {
    const clock = createManualClock();
    const server = createServer();
    const one = start(server, clock, "one");
    await clock.advance(500);
    const two = start(server, clock, "two");
    let lost = 0;
    one.lease.onLost(() => {
      lost += 1;
    });
    await clock.advance(2000);
    one.gate.mode = "cut";
    const cutAt = clock.monotonic();
    let lostAt: number | undefined;
    let takenAt: number | undefined;
    while (takenAt === undefined) {
      await clock.advance(50);
      if (!one.lease.holder()) lostAt ??= clock.monotonic();
      if (two.lease.holder()) takenAt = clock.monotonic();
      expect(one.lease.holder() && two.lease.holder()).toBe(false);
    }
    expect(lost).toBe(1);
    expect((lostAt ?? 0) - cutAt).toBeLessThanOrEqual(durations.renewDeadlineMs);
    // A write begun in the last moment is over before the other begins (I5).
    expect(takenAt - (lostAt ?? 0)).toBeGreaterThan(durations.writeTimeoutMs);
    one.gate.mode = "open";
    await clock.advance(3000);
    expect([one.lease.holder(), two.lease.holder()]).toEqual([false, true]);
    await end(one, two);
  });

  it("after a stop looks first: it is not the holder before any request, and takes nothing back (C04)", async () => {
    const clock = createManualClock();
    const server = createServer();
    const one = start(server, clock, "one");
    await clock.advance(500);
    expect(one.lease.holder()).toBe(true);
    one.gate.mode = "hang"; // as if stopped: nothing of it happens
    const two = start(server, clock, "two");
    await clock.advance(60_000);
    expect(one.lease.holder()).toBe(false);
    expect(one.lease.remainingMs()).toBe(0);
    expect(two.lease.holder()).toBe(true);
    const before = server.log.length;
    one.gate.mode = "open";
    await clock.advance(2000);
    expect(server.log.slice(before).every((line) => line === "two:two")).toBe(true);
    await end(one, two);
  });

  it("goes on after renewals whose answers were lost", async () => {
    const clock = createManualClock();
    const server = createServer();
    const one = start(server, clock, "one");
    await clock.advance(500);
    one.gate.mode = "lost";
    await clock.advance(300);
    one.gate.mode = "open";
    await clock.advance(1000);
    expect(one.lease.holder()).toBe(true);
    await end(one);
  });

  it("does not care for the other's wall clock", async () => {
    const clock = createManualClock(0); // 1970
    const server = createServer();
    const one = start(server, clock, "one");
    await clock.advance(500);
    const future = createManualClock();
    const two = start(server, future, "two");
    await future.advance(5900);
    expect(two.lease.holder()).toBe(false);
    await future.advance(700); // not renewed since it was first seen so
    expect(two.lease.holder()).toBe(true);
    await end(one, two);
  });

  it("is taken at once after a release (C14), and carries the time of the oldest compare", async () => {
    const clock = createManualClock();
    const server = createServer();
    const one = start(server, clock, "one");
    one.lease.setComparedAt("2026-11-21T00:00:00Z");
    await clock.advance(1000);
    expect(server.current()?.metadata.annotations).toEqual({
      "holdfast.dev/compared-at": "2026-11-21T00:00:00Z",
    });
    const two = start(server, clock, "two");
    await clock.advance(1000);
    await end(one);
    expect(one.lease.holder()).toBe(true);
    await one.lease.release(never);
    expect(one.lease.holder()).toBe(false);
    await clock.advance(400);
    expect(two.lease.holder()).toBe(true);
    await one.lease.release(never);
    expect(two.lease.holder()).toBe(true);
    expect(server.current()?.spec).toMatchObject({ holderIdentity: "two" });
    await end(two);
  });
});

describe("guarded writes (A-16)", () => {
  function guarded(lease: { holder: boolean; remainingMs: number; durationMs: number }) {
    const within: number[] = [];
    const sent: string[] = [];
    const client = {
      within: (leftMs: () => number) => {
        within.push(leftMs());
        return client;
      },
      impersonate: () => client,
      apply: async () => {
        sent.push("apply");
      },
      delete: async () => {
        sent.push("delete");
      },
      patch: async () => {
        sent.push("patch");
      },
      create: async () => {
        sent.push("create");
      },
      replace: async () => {
        sent.push("replace");
      },
      get: async () => {
        sent.push("get");
      },
    };
    const guard = guardWrites(
      client as unknown as Parameters<typeof guardWrites>[0],
      {
        holder: () => lease.holder,
        remainingMs: () => lease.remainingMs,
        durationMs: lease.durationMs,
      },
      30_000,
    );
    return { guard, within, sent };
  }
  const object: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
  const ref = { group: "", version: "v1", kind: "ConfigMap", namespace: "", name: "a" };
  const over = { uid: "u", resourceVersion: "1" };

  it.each([
    [{ holder: false, remainingMs: 40_000, durationMs: 45_000 }],
    [{ holder: true, remainingMs: 2_000, durationMs: 45_000 }],
  ])("sends nothing without time on the lease", async (lease) => {
    const { guard, sent } = guarded(lease);
    const writes = [
      () => guard.apply(object, undefined, never),
      () => guard.delete(ref, over, { propagation: "Background" }, never),
      () => guard.patch(ref, [], over, never),
      () => guard.create(object, never),
      () => guard.replace(object, undefined, never),
      () => guard.impersonate({ namespace: "n", name: "a" }).apply(object, undefined, never),
    ];
    for (const write of writes) {
      await expect(write()).rejects.toMatchObject({
        failure: { reason: "NoLease", indeterminate: false },
      });
    }
    await guard.get(ref, never);
    expect(sent).toEqual(["get"]);
  });

  it("gives a write no more than what is left less the margin", async () => {
    const long = guarded({ holder: true, remainingMs: 44_000, durationMs: 45_000 });
    await long.guard.apply(object, undefined, never);
    expect(long.within).toEqual([30_000]);
    const short = guarded({ holder: true, remainingMs: 20_000, durationMs: 45_000 });
    await short.guard.apply(object, undefined, never);
    expect(short.within).toEqual([18_000]);
    const tiny = guarded({ holder: true, remainingMs: 2_500, durationMs: 3_000 });
    await tiny.guard.apply(object, undefined, never);
    expect(tiny.within).toEqual([1_500]);
  });
});
