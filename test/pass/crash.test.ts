import { describe, expect, it } from "vitest";
import type { ClusterClient } from "../../agent/cluster/client.ts";
import { ApiError } from "../../agent/cluster/errors.ts";
import { configMap, deployment, obj, outcomes, sharedBench, within } from "./bench.ts";
import { dyingAt, Killed } from "./dying.ts";

const bench = sharedBench();

const first = [
  obj("ServiceAccount", "robot"),
  configMap("a"),
  configMap("b"),
  configMap("c"),
  deployment("web"),
];
const second = [
  configMap("a", { a: "2" }),
  configMap("b"),
  configMap("d"),
  deployment("web", "web:2"),
];

/** Everything alive that bears our mark, in one namespace. */
async function alive(app: string): Promise<readonly string[]> {
  const all = [...first, ...second].map((object) => within(app, object));
  const found = await Promise.all(all.map((object) => bench().get(object)));
  const names = found.flatMap((object) =>
    object ? [`${object.kind}/${object.metadata.name}`] : [],
  );
  return [...new Set(names)].sort();
}

/** P2: whatever lives and was made by us is on record, at every moment. */
async function expectNothingOrphaned(app: string): Promise<void> {
  const tracked = new Set(await bench().tracked(app));
  for (const name of await alive(app)) expect(tracked).toContain(name);
}

async function settle(app: string): Promise<void> {
  for (let pass = 0; pass < 3; pass += 1) {
    await bench().pass(app);
    await expectNothingOrphaned(app);
  }
}

async function expectConverged(app: string, names: readonly string[]): Promise<void> {
  expect(await alive(app)).toEqual(names);
  expect(await bench().tracked(app)).toEqual(names);
  for (const entry of (await bench().inventory(app))?.entries.values() ?? [])
    expect(entry).toMatchObject({ state: "applied", uid: expect.any(String) });
  const from = bench().mark;
  expect(new Set(Object.values(outcomes(await bench().pass(app))))).toEqual(new Set(["unchanged"]));
  expect(bench().writesSince(from)).toEqual([]);
}

const firstNames = [
  "ConfigMap/a",
  "ConfigMap/b",
  "ConfigMap/c",
  "Deployment/web",
  "ServiceAccount/robot",
];
const secondNames = ["ConfigMap/a", "ConfigMap/b", "ConfigMap/d", "Deployment/web"];

/** First, middle and last writes of a pass; `0` counts from its end. */
const cells = ([1, 2, 3, 5, 8] as const).flatMap((nth) =>
  (["before", "after"] as const).map((cut) => [nth, cut] as const),
);

describe("killed while it installs (P-17, KP08–KP12, KP19)", () => {
  it.each(cells)(
    "at write %i, %s: the next agent ends where an undisturbed one does",
    async (nth, cut) => {
      const app = `install-${nth}-${cut}`;
      bench().declare(app, { objects: first });
      const { wrapped, writes } = dyingAt(nth, cut, bench().world.cluster.client);
      await expect(bench().pass(app, { client: wrapped })).rejects.toBeInstanceOf(Killed);
      expect(writes()).toBeGreaterThanOrEqual(nth);
      await expectNothingOrphaned(app);
      bench().restart();
      await settle(app);
      await expectConverged(app, firstNames);
    },
  );

  it("the last cell is the last write", async () => {
    const app = "install-all";
    bench().declare(app, { objects: first });
    const { wrapped, writes } = dyingAt(99, "before", bench().world.cluster.client);
    await bench().pass(app, { client: wrapped });
    expect(writes()).toBe(8); // intent, namespace, five objects, record
  });

  it.each(cells)(
    "at write %i, %s, and Git moves on meanwhile: nothing is left behind (P-18)",
    async (nth, cut) => {
      const app = `moved-${nth}-${cut}`;
      bench().declare(app, { objects: first });
      const { wrapped } = dyingAt(nth, cut, bench().world.cluster.client);
      await expect(bench().pass(app, { client: wrapped })).rejects.toBeInstanceOf(Killed);
      bench().restart();
      bench().declare(app, { objects: second });
      await bench().watch();
      bench().laterMs += 100_000; // what was sent is settled
      for (let pass = 0; pass < 6; pass += 1) {
        await bench().pass(app);
        await expectNothingOrphaned(app);
      }
      await expectConverged(app, secondNames);
    },
  );
});

describe("killed while it updates and prunes (KP16–KP20)", () => {
  it.each(cells)("at write %i, %s", async (nth, cut) => {
    const app = `update-${nth}-${cut}`;
    await bench().sync(app, first);
    bench().declare(app, { objects: second });
    await bench().watch();
    const { wrapped } = dyingAt(nth, cut, bench().world.cluster.client);
    for (let pass = 0; pass < 4; pass += 1) {
      const ended = await bench()
        .pass(app, { client: wrapped })
        .catch((error: unknown) => error);
      if (ended instanceof Killed) break;
    }
    await expectNothingOrphaned(app);
    bench().restart();
    for (let pass = 0; pass < 5; pass += 1) {
      await bench().pass(app);
      await expectNothingOrphaned(app);
    }
    await expectConverged(app, secondNames);
  });
});

describe("killed between adoption and its take-over (P-17)", () => {
  it.each([3, 4, 5])("at write %i: what Git drops later really goes", async (nth) => {
    const app = `adopt-${nth}`;
    await bench().hand(obj("Namespace", app), { method: "POST" });
    const made = within(app, configMap("web", { a: "1", b: "1" }));
    await bench().hand(made, { method: "POST", manager: "kubectl-client-side-apply" });
    bench().declare(app, { objects: [configMap("web", { a: "1", b: "1" })] });
    const { wrapped } = dyingAt(nth, "before", bench().world.cluster.client);
    await bench()
      .pass(app, { client: wrapped })
      .catch(() => undefined);
    bench().restart();
    await bench().sync(app, [configMap("web", { a: "1" })]);
    await bench().pass(app);
    expect((await bench().get(made))?.["data"]).toEqual({ a: "1" });
  });
});

describe("a lost answer (A-15)", () => {
  const lost = () =>
    new ApiError({ status: 0, reason: "Reset", message: "reset", causes: [], indeterminate: true });

  it("P-45: is neither done nor failed: on record, read before it is written again, nothing is pruned", async () => {
    const app = "lost";
    await bench().sync(app, [configMap("a"), configMap("b"), configMap("c")]);
    const { client } = bench().world.cluster;
    let isLost = false;
    const losing: ClusterClient = {
      ...client,
      apply: async (object, over, signal) => {
        const answer = await client.apply(object, over, signal);
        if (object.metadata.name !== "new" || isLost) return answer;
        isLost = true;
        throw lost();
      },
    };
    const next = [configMap("a"), configMap("b"), configMap("new")];
    const done = await bench().sync(app, next, { client: losing });
    expect(outcomes(done)).toMatchObject({ "ConfigMap/new": "unknown" });
    expect(outcomes(done)).not.toHaveProperty("ConfigMap/c");
    expect((await bench().inventory(app))?.entries.get(`${app}_new__ConfigMap`)?.state).toBe(
      "intent",
    );
    const from = bench().mark;
    expect(outcomes(await bench().pass(app))).toMatchObject({
      "ConfigMap/new": "unchanged",
      "ConfigMap/c": "deleted",
    });
    expect(
      bench()
        .writesSince(from)
        .filter((one) => one.startsWith("PATCH")),
    ).toEqual([]);
  });

  it("P-18: a create without an answer, dropped by Git: waited for until it is settled", async () => {
    const app = "settle";
    await bench().sync(app, [configMap("a"), configMap("b")]);
    const { client } = bench().world.cluster;
    const losing: ClusterClient = { ...client, apply: () => Promise.reject(lost()) };
    await bench().sync(app, [configMap("a"), configMap("b"), configMap("new")], { client: losing });
    const waiting = await bench().sync(app, [configMap("a"), configMap("b")]);
    expect(outcomes(waiting)).toMatchObject({ "ConfigMap/new": "skipped" });
    expect(await bench().tracked(app)).toContain("ConfigMap/new");
    const now = bench().world.ports.clock.now();
    expect((waiting.dueMs ?? 0) - now).toBeGreaterThan(60_000);
    expect((waiting.dueMs ?? 0) - now).toBeLessThan(91_000);
    bench().laterMs += 91_000;
    await bench().pass(app);
    expect(await bench().tracked(app)).toEqual(["ConfigMap/a", "ConfigMap/b"]);
  });
});
