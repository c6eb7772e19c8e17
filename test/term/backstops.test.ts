import { expect, it, onTestFinished } from "vitest";
import type { CachedObject, LiveCache, StaleKind } from "../../agent/cluster/cache.ts";
import { fly } from "../../agent/flight/fly.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { watchOver } from "../../agent/term/backstops.ts";
import type { World } from "../../agent/world.ts";
import { createManualClock } from "../doubles/ports.ts";
import { configMap, never, sharedBench, within } from "../pass/bench.ts";
import { endJob, hook } from "../pass/order-cases.ts";

const bench = sharedBench({ readyAfterMs: "never" });
const dayMs = 24 * 3_600_000;

/** The bench's world by a clock of its own, with a cache that shows what a test says. */
function worldOf(more: Partial<LiveCache>) {
  const clock = createManualClock();
  const woken: string[] = [];
  const { world } = bench();
  const over: World = {
    ...world,
    slots: new Map(),
    ports: { ...world.ports, clock, random: { next: () => 0.5, id: () => "" } },
    cluster: { ...world.cluster, live: { ...world.cluster.live, ...more } },
    wake: (app) => void woken.push(app),
  };
  const end = new AbortController();
  const watching = watchOver(over, end.signal);
  onTestFinished(async () => {
    end.abort();
    await watching;
  });
  return { world: over, clock, woken };
}

async function declared(world: World, app: string, objects: readonly KubeObject[]): Promise<void> {
  const { unit, commit } = bench().declare(app, { objects });
  const slot = bench().slot(app);
  Object.assign(slot, { unit, commit });
  world.slots.set(app, slot);
  await bench().watch();
  await fly(world, app, never);
}

it("C-5: once a day a unit is swept: what no watch showed is found and healed, and no failed hook runs again", async () => {
  const app = "swept";
  const frozen = new Map<string, CachedObject | undefined>();
  const { entry } = bench().world.cluster.live;
  const { world, clock, woken } = worldOf({
    stale: () => [],
    entry: (id) => (frozen.has(id) ? frozen.get(id) : entry(id)),
  });
  const made = within(app, configMap("c"));
  await declared(world, app, [configMap("c"), hook("post", "after")]);
  await endJob(bench(), { app, name: "after", how: "Failed" });
  await fly(world, app, never);
  const id = [...((await bench().inventory(app))?.entries.keys() ?? [])][0] ?? "";
  frozen.set(id, entry(id));
  await bench().hand({ ...made, data: { a: "by hand" } });

  const before = bench().mark;
  await fly(world, app, never);
  expect(bench().writesSince(before)).toEqual([]);
  await clock.advance(0.9 * dayMs);
  expect(bench().slot(app).sweep).toBe(false);
  woken.length = 0;
  await clock.advance(0.2 * dayMs);
  expect(woken).toEqual([app]);
  const from = bench().mark;
  await fly(world, app, never);
  const written = bench()
    .writesSince(from)
    .filter((one) => !one.includes("holdfast.dev"));
  expect(written).toEqual([`PATCH /api/v1/namespaces/${app}/configmaps/c`]);
  expect((await bench().get(made))?.["data"]).toEqual({ a: "1" });

  frozen.clear();
  const again = bench().mark;
  await fly(world, app, never);
  expect(
    bench()
      .requestsSince(again)
      .filter((one) => one.includes("dry-run")),
  ).toEqual([]);
});

it("C-5: a watch that falls silent makes the units of its kind Unknown, no others; its return is seen", async () => {
  let silent: readonly StaleKind[] = [];
  const { world, clock, woken } = worldOf({ stale: () => silent });
  const secret: KubeObject = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    data: {},
  };
  await declared(world, "maps", [configMap("c")]);
  await declared(world, "secrets", [secret]);
  const state = (app: string) => bench().slot(app).status?.state;
  expect([state("maps"), state("secrets")]).toEqual(["Synced", "Synced"]);

  silent = [{ group: "", kind: "ConfigMap", why: "silent" }];
  await clock.advance(60_000);
  expect(woken).toEqual(["maps"]);
  for (const app of ["maps", "secrets"]) await fly(world, app, never);
  expect([state("maps"), state("secrets")]).toEqual(["Unknown", "Synced"]);
  expect(bench().slot("maps").status).toMatchObject({ reason: "WatchStale" });
  expect(bench().slot("maps").status?.message).toContain("ConfigMap");

  silent = [];
  woken.length = 0;
  await clock.advance(60_000);
  expect(woken).toEqual(["maps"]);
  await fly(world, "maps", never);
  expect(state("maps")).toBe("Synced");
});
