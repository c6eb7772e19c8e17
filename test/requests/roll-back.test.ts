import { beforeAll, describe, expect, it } from "vitest";
import { createInventoryStore } from "../../agent/cluster/inventory.ts";
import { refreshDiscovery } from "../../agent/flight/discovery.ts";
import { fly } from "../../agent/flight/fly.ts";
import { compileHealthRules } from "../../agent/health/cel.ts";
import { requestAnnotation } from "../../agent/model/names.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { Unit } from "../../agent/model/unit.ts";
import type { Manifests } from "../../agent/rendering/manifests.ts";
import { recallManifests } from "../../agent/rendering/recall.ts";
import { takeRequests } from "../../agent/requests/requests.ts";
import { restoreSlots } from "../../agent/term/restore.ts";
import type { World } from "../../agent/world.ts";
import { configMap, never, obj, sharedBench, until, widgets, within } from "../pass/bench.ts";
import { dyingAt } from "../pass/dying.ts";
import { hook } from "../pass/order-cases.ts";

const bench = sharedBench();
const rules = [{ kind: "Widget.example.com", degraded: "spec.size == 13", healthy: "true" }];
const going: Partial<Unit> = {
  onFailure: "rollback",
  health: { timeoutMs: 300_000, rules },
};
const widget = (size: number) => obj("Widget", "web", { spec: { size } });
const [good, bad, better] = [widget(1), widget(13), widget(2)];
const more = [configMap("x"), configMap("y"), configMap("z")];
const timeoutMs = 301_000;

function declare(app: string, objects: readonly (KubeObject | undefined)[], unit = going) {
  const manifests = bench().declare(app, { objects: objects.flatMap((one) => one ?? []), unit });
  know(app, manifests);
  return manifests;
}

/** What the agent has of Git, as after a render. */
function know(app: string, manifests: Manifests): void {
  const slot = bench().slot(app);
  const compiled = compileHealthRules(manifests.unit.health.rules);
  slot.healthRules = compiled.ok ? compiled.value : undefined;
  slot.manifests = manifests;
  slot.unit = manifests.unit;
  slot.commit = manifests.commit;
}

async function fliesOnce(app: string, world: World = bench().world) {
  await fly(world, app, never);
  return bench().slot(app).status;
}

beforeAll(async () => {
  await bench().hand(widgets, { method: "POST" });
  await refreshDiscovery(bench().world, never);
});

/** Until nothing more is to be done at once. */
async function flies(app: string) {
  for (let round = 0; round < 3; round += 1) await fliesOnce(app);
  return bench().slot(app).status;
}

/** Applied, watched until `health.timeout`, and then flown. */
async function fails(app: string, objects: readonly (KubeObject | undefined)[], unit = going) {
  const manifests = declare(app, objects, unit);
  await flies(app);
  bench().laterMs += timeoutMs;
  await flies(app);
  return manifests;
}

async function sizeOf(app: string) {
  const live = await bench().get(within(app, widget(0)));
  return live === undefined ? undefined : JSON.parse(JSON.stringify(live["spec"])).size;
}

async function keptOf(app: string): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = [];
  const labelSelector = `holdfast.dev/kept-render=${app}`;
  const secrets = { group: "", kind: "Secret", namespace: "holdfast-system", labelSelector };
  for await (const { items } of bench().world.cluster.client.list(secrets, never))
    found.push(...items);
  return found;
}

function ask(app: string, kind: "accept" | "rollback" | "sync", body: object = {}): void {
  const request = JSON.stringify({
    id: `${kind}-${Math.random()}`,
    at: "2026-11-21T09:00:00Z",
    ...body,
  });
  const annotations = { [requestAnnotation(kind)]: request };
  takeRequests(
    bench().world,
    obj("App", app, { apiVersion: "holdfast.dev/v1alpha1" }, { annotations }),
  );
}

/** A new agent that knows what is stored; `manifests` as Git says them, or nothing while it is down. */
async function restart(app: string, manifests?: Manifests): Promise<void> {
  bench().world.slots.delete(app);
  await restoreSlots(bench().world, never);
  if (manifests !== undefined) know(app, manifests);
}

describe("onFailure: rollback", () => {
  it("O37, R-4: what fails within health.timeout is left for the last healthy render; Held, however healthy that is", async () => {
    const app = "left";
    declare(app, [good, ...more]);
    expect(await flies(app)).toMatchObject({ state: "Synced" });
    declare(app, [bad, configMap("new"), ...more]);
    await flies(app);
    bench().laterMs += 200_000;
    expect(await flies(app)).toMatchObject({ state: "Degraded" });
    expect(await sizeOf(app)).toBe(13);
    bench().laterMs += 101_000;
    await flies(app);
    expect(await sizeOf(app)).toBe(1);
    expect(await bench().get(within(app, configMap("new")))).toBeUndefined();
    bench().laterMs += 31_000;
    const status = await flies(app);
    expect(status).toMatchObject({ state: "Held", reason: "RolledBack", stage: "gated" });
    expect(status?.message).toContain("Widget left/web");
    expect(status?.message).toContain("holdfast sync left");
    expect(status?.history.map(({ kind, result }) => [kind, result])).toEqual([
      ["rollback", "succeeded"],
      ["change", "failed"],
      ["change", "succeeded"],
    ]);
  });

  it("R-4: is looked at when health.timeout is over, though no event comes, and the next pass comes at once", async () => {
    const app = "timed";
    const wakes = () =>
      bench()
        .wakes.filter(([of]) => of === app)
        .map(([, ms]) => ms);
    declare(app, [good, ...more]);
    await flies(app);
    declare(app, [bad, ...more]);
    await flies(app);
    bench().laterMs += 60_000; // settled Degraded: nothing but the time-out is to come
    await fliesOnce(app);
    expect(Math.abs((wakes().at(-1) ?? 0) - 240_000)).toBeLessThan(10_000);
    bench().laterMs += 241_000;
    await fliesOnce(app);
    expect(wakes().at(-1)).toBeLessThanOrEqual(1_000);
    expect((await bench().inventory(app))?.rollback?.by).toBe("failure");
    await fliesOnce(app);
    expect(await sizeOf(app)).toBe(1);
  });

  it("O-30: waits for no dependency, which may have been rolled back by the same commit", async () => {
    const [dep, app] = ["needed", "needs"];
    declare(dep, [configMap("d")]);
    await flies(dep);
    const unit = { ...going, dependsOn: [dep] };
    declare(app, [good, ...more], unit);
    await flies(app);
    declare(app, [bad, ...more], unit);
    await flies(app);
    expect(await sizeOf(app)).toBe(13);
    bench().slot(dep).problems = [{ reason: "RenderFailed", message: "x" }];
    bench().laterMs += timeoutMs;
    await flies(app);
    expect(await sizeOf(app)).toBe(1);
  });

  it("O-19: its failure hooks run to their end first", async () => {
    const app = "hooked";
    const later = bench().laterMs;
    bench().laterMs = 0; // Jobs are as old as the API server's clock says
    const frozen = (a: string) => obj("ConfigMap", "f", { data: { a }, immutable: true });
    declare(app, [good, frozen("1"), ...more]);
    await flies(app);
    declare(app, [better, frozen("2"), hook("failure", "undo"), ...more]);
    const look = async () => {
      await fliesOnce(app);
      const { hooks, rollback } = (await bench().inventory(app)) ?? {};
      return { states: [...(hooks?.values() ?? [])].map(({ state }) => state), rollback };
    };
    expect(await look()).toEqual({ states: ["running"], rollback: undefined });
    let last = await look();
    await until(async () => {
      last = last.rollback === undefined ? await look() : last;
      return last.rollback !== undefined;
    }, "rolled back");
    expect(last).toMatchObject({
      states: ["succeeded"],
      rollback: { stays: ["Job hooked/undo has run"] },
    });
    bench().laterMs = later;
  });

  it("R-4: what was healthy for a moment, and not at health.timeout, is no healthy render any more", async () => {
    const app = "moment";
    const first = declare(app, [good, ...more]);
    await flies(app);
    const ill = { kind: "Widget.example.com", degraded: "'ill' in metadata.annotations" };
    const unit = { ...going, health: { timeoutMs: 300_000, rules: [{ ...ill, healthy: "true" }] } };
    declare(app, [better, ...more], unit);
    await flies(app);
    expect((await bench().inventory(app))?.renders).toHaveLength(2);
    await bench().hand(within(app, obj("Widget", "web", {}, { annotations: { ill: "yes" } })));
    await until(async () => (await fliesOnce(app))?.state !== "Synced", "seen");
    bench().laterMs += timeoutMs;
    await flies(app);
    expect(await sizeOf(app)).toBe(1);
    const { renders, rollback } = (await bench().inventory(app)) ?? {};
    expect(renders?.map(({ digest }) => digest)).toEqual([first.digest]);
    expect(rollback?.to.digest).toBe(first.digest);
  });

  it("R-5: stays back after a restart, without Git and with it, and whatever commit has the same content", async () => {
    const app = "stays";
    declare(app, [good, ...more]);
    await flies(app);
    const failed = await fails(app, [bad, ...more]);
    await restart(app); // Git is down, and nothing is known of it
    await bench().hand(within(app, widget(7)));
    await flies(app);
    expect(await sizeOf(app)).toBe(1);
    await restart(app, failed);
    await flies(app);
    bench().laterMs += 31_000;
    expect(await flies(app)).toMatchObject({ reason: "RolledBack" });
    const unit = { ...going, owner: { team: "shop" } };
    declare(app, [bad, ...more], unit);
    expect(await flies(app)).toMatchObject({ reason: "RolledBack", owner: { team: "shop" } });
    expect(await sizeOf(app)).toBe(1);
  });

  it("O38: the next content goes out and ends it; a revert does, too", async () => {
    const app = "next";
    declare(app, [good, ...more]);
    await flies(app);
    await fails(app, [bad, ...more]);
    declare(app, [better, ...more]);
    bench().laterMs += 31_000;
    expect(await flies(app)).toMatchObject({ state: "Synced" });
    expect(await sizeOf(app)).toBe(2);
    expect((await bench().inventory(app))?.rollback).toBeUndefined();
    await fails(app, [widget(13), configMap("x", { a: "2" }), ...more.slice(1)]);
    declare(app, [better, ...more]);
    bench().laterMs += 31_000;
    expect(await flies(app)).toMatchObject({ state: "Synced" });
    expect((await bench().inventory(app))?.rollback).toBeUndefined();
  });

  it("R-4, R-5: holdfast sync tries it again; it is rolled back once, and why not twice is said", async () => {
    const app = "again";
    declare(app, [good, ...more]);
    await flies(app);
    await fails(app, [bad, ...more]);
    ask(app, "sync");
    await flies(app);
    expect(await sizeOf(app)).toBe(13);
    bench().laterMs += timeoutMs;
    const status = await flies(app);
    expect(status).toMatchObject({ state: "Degraded" });
    expect(status?.message).toContain("Not rolled back: this render was rolled back before");
    expect(await sizeOf(app)).toBe(13);
  });

  it("leaves alone what runs when the kept render is gone, and says so, instead of applying what failed", async () => {
    const app = "unreadable";
    declare(app, [good, ...more]);
    await flies(app);
    const failed = await fails(app, [bad, ...more]);
    await bench().world.cluster.renders.retain(app, [], never);
    await restart(app, failed);
    const from = bench().mark;
    const problems = (await flies(app))?.problems.map(({ message }) => message);
    expect(problems?.join()).toContain("can no longer be read: what runs is left alone");
    expect(
      bench()
        .writesSince(from)
        .filter((one) => !one.includes("/apps/")),
    ).toEqual([]);
    expect(await sizeOf(app)).toBe(1);
  });

  it("D-13: after a start without Git what it is made of is watched before anything is applied", async () => {
    const app = "watched";
    declare(app, [good, ...more]);
    await flies(app);
    await fails(app, [bad, ...more]);
    await restart(app);
    await bench().hand(within(app, widget(7)));
    const { world } = bench();
    const from = bench().mark;
    const watched: { readonly kinds: readonly string[]; readonly writes: number }[] = [];
    const live: World["cluster"]["live"] = {
      ...world.cluster.live,
      synced: async (kinds) => {
        const writes = bench().writesSince(from).length;
        watched.push({ kinds: kinds.map(({ kind }) => kind), writes });
      },
    };
    await fliesOnce(app, { ...world, cluster: { ...world.cluster, live } });
    expect(watched).toMatchObject([{ kinds: expect.arrayContaining(["Widget"]), writes: 0 }]);
    expect(await sizeOf(app)).toBe(1);
  });

  it("R-5: is not recalled from Git as something else while Git has nothing that renders", async () => {
    const app = "recalled";
    declare(app, [good, ...more]);
    await flies(app);
    await fails(app, [bad, ...more]);
    await restart(app);
    const asked: string[] = [];
    const { world } = bench();
    const source = {
      ...world.ports.source,
      commit: async (id: string) => {
        asked.push(id);
        return undefined;
      },
    };
    const around = { ...world, ports: { ...world.ports, source } };
    await recallManifests(around, [bench().slot(app)], never);
    expect(asked).toEqual([]);
    const slot = bench().slot(app);
    if (slot.inventory === undefined) throw new Error("nothing is stored");
    const { rollback: _over, ...inventory } = slot.inventory;
    slot.inventory = inventory;
    await recallManifests(around, [slot], never);
    expect(asked).toHaveLength(1);
  });

  it("R-5: is tried again when it is known again what Git asks for, if somebody asked before", async () => {
    const app = "asked-early";
    declare(app, [good, ...more]);
    await flies(app);
    const failed = await fails(app, [bad, ...more]);
    await restart(app);
    ask(app, "sync");
    await flies(app);
    expect(await sizeOf(app)).toBe(1);
    know(app, failed);
    await flies(app);
    expect(await sizeOf(app)).toBe(13);
  });

  it("P-12: counts for nobody but the installation that recorded it, whose marks its render bears", async () => {
    const app = "other";
    declare(app, [good, ...more]);
    await flies(app);
    const failed = await fails(app, [bad, ...more]);
    await restart(app, failed);
    const { world } = bench();
    const installation = { ...world.cluster.installation, id: "zzzzzzzzzz" };
    const elsewhere = { ...world, cluster: { ...world.cluster, installation } };
    const from = bench().mark;
    const told = (await fliesOnce(app, elsewhere))?.problems.map(({ reason }) => reason);
    expect(told).toEqual(["ClusterReplaced"]);
    expect(
      bench()
        .writesSince(from)
        .filter((one) => one.endsWith("/web")),
    ).toEqual([]);
    bench().slot(app).takeOver = true;
    await fliesOnce(app, elsewhere);
    expect((await bench().inventory(app))?.rollback).toBeUndefined();
    expect((await bench().inventory(app))?.renders).toBeUndefined();
    expect(await sizeOf(app)).toBe(13);
  });

  it("R-6: what the change took over was there before it: nobody deletes it unasked, an accept lets go of it", async () => {
    const app = "took-over";
    declare(app, [good, ...more]);
    await flies(app);
    const theirs = within(app, configMap("theirs"));
    await bench().hand(theirs, { method: "POST" });
    await fails(app, [bad, configMap("theirs"), configMap("ours"), ...more]);
    const { held } = (await flies(app)) ?? {};
    expect(held).toMatchObject({ reason: "ProtectedKind", deletions: [{}, {}] });
    expect(held?.message).toContain("was there before this app declared it");
    expect(await sizeOf(app)).toBe(1);
    ask(app, "accept", { plan: held?.plan });
    await flies(app);
    const left = await bench().get(theirs);
    expect(left?.metadata.annotations ?? {}).not.toHaveProperty("holdfast.dev/owner");
    expect(left?.["data"]).toEqual({ a: "1" });
    expect(await bench().get(within(app, configMap("ours")))).toBeUndefined();
  });

  it("R-4: what the API server refuses is no matter of time", async () => {
    const app = "refused";
    const frozen = (a: string) => obj("ConfigMap", "f", { data: { a }, immutable: true });
    declare(app, [good, frozen("1"), ...more]);
    await flies(app);
    declare(app, [better, frozen("2"), ...more]);
    expect(await flies(app)).toMatchObject({ reason: "RolledBack" });
    expect(await sizeOf(app)).toBe(1);
  });

  it.each([1, 2, 3, 4, 5])(
    "P-17, KP26: killed at write %i after it was recorded: the next agent applies the recorded render",
    async (nth) => {
      const app = `killed-${nth}`;
      declare(app, [good, ...more]);
      await flies(app);
      declare(app, [bad, configMap("new"), ...more]);
      await flies(app);
      bench().laterMs += timeoutMs;
      await fliesOnce(app);
      expect((await bench().inventory(app))?.rollback).toMatchObject({ by: "failure" });
      const { wrapped } = dyingAt(
        nth,
        nth % 2 === 0 ? "before" : "after",
        bench().world.cluster.client,
      );
      const inventories = createInventoryStore({ client: wrapped, namespace: "holdfast-system" });
      const { world } = bench();
      await fliesOnce(app, {
        ...world,
        cluster: { ...world.cluster, client: wrapped, inventories },
      });
      await restart(app);
      for (let round = 0; round < 3; round += 1) await flies(app);
      expect(await sizeOf(app)).toBe(1);
      expect(await bench().get(within(app, configMap("new")))).toBeUndefined();
      expect(await bench().tracked(app)).toEqual([
        "ConfigMap/x",
        "ConfigMap/y",
        "ConfigMap/z",
        "Widget/web",
      ]);
    },
  );
});

describe("when nothing is rolled back, and it is said (R-4, R-7)", () => {
  it("onFailure: keep is the default: nothing is kept, no request is made, nothing goes back", async () => {
    const app = "keep";
    const unit: Partial<Unit> = { ...going, onFailure: "keep" };
    declare(app, [good, ...more], unit);
    await flies(app);
    const from = bench().mark;
    await fails(app, [bad, ...more], unit);
    expect(
      bench()
        .requestsSince(from)
        .filter((one) => one.includes("/secrets")),
    ).toEqual([]);
    expect(await sizeOf(app)).toBe(13);
    expect(await keptOf(app)).toEqual([]);
  });

  it("without an older healthy render", async () => {
    const app = "first";
    await fails(app, [bad, ...more]);
    const { message } = (await flies(app)) ?? {};
    expect(message).toContain("Not rolled back: no older healthy render is kept");
  });

  it("what fails is as it was in the last healthy render", async () => {
    const app = "unchanged";
    const ill = {
      ...rules[0],
      kind: "Widget.example.com",
      degraded: "'ill' in metadata.annotations",
    };
    const unit = { ...going, health: { timeoutMs: 300_000, rules: [ill] } };
    declare(app, [good, ...more], unit);
    await flies(app);
    declare(app, [better, ...more], unit);
    await bench().hand(within(app, obj("Widget", "web", {}, { annotations: { ill: "yes" } })));
    await flies(app);
    await fails(app, [good, configMap("x", { a: "2" }), ...more.slice(1)], unit);
    const { message } = (await flies(app)) ?? {};
    expect(message).toContain("what fails is the same in the last healthy render");
  });

  it("R-7: it pruned an object of a protected kind on its way", async () => {
    const app = "pruned";
    const ill = {
      ...rules[0],
      kind: "Widget.example.com",
      degraded: "'ill' in metadata.annotations",
    };
    const unit = { ...going, health: { timeoutMs: 300_000, rules: [ill] }, protect: ["ConfigMap"] };
    declare(app, [good, ...more], unit);
    await flies(app);
    declare(app, [better, ...more.slice(1)], unit);
    const { held } = (await flies(app)) ?? {};
    ask(app, "accept", { plan: held?.plan });
    await flies(app);
    expect(await bench().get(within(app, configMap("x")))).toBeUndefined();
    await bench().hand(within(app, obj("Widget", "web", {}, { annotations: { ill: "yes" } })));
    await flies(app);
    bench().laterMs += timeoutMs;
    const { message } = (await flies(app)) ?? {};
    expect(message).toContain("ConfigMap pruned/x was deleted, which no render brings back");
    expect(await sizeOf(app)).toBe(2);
  });
});

describe("what is kept (R-3)", () => {
  it("is the last three healthy renders, each written once; nothing while nothing changes", async () => {
    const app = "three";
    for (const size of [1, 2, 3, 4]) {
      declare(app, [widget(size), ...more]);
      await flies(app);
    }
    expect(await keptOf(app)).toHaveLength(3);
    expect((await bench().inventory(app))?.renders).toHaveLength(3);
    const from = bench().mark;
    await flies(app);
    expect(
      bench()
        .requestsSince(from)
        .filter((one) => !one.startsWith("GET")),
    ).toEqual([]);
    expect(
      bench()
        .requestsSince(from)
        .filter((one) => one.includes("/secrets")),
    ).toEqual([]);
    declare(app, [widget(3), ...more]);
    await flies(app);
    expect(await keptOf(app)).toHaveLength(3);
    declare(app, [widget(3), ...more], { ...going, onFailure: "keep" });
    await flies(app);
    expect(await keptOf(app)).toEqual([]);
  });

  it("NEG-33: holds no value of a Secret in clear, and brings it back", async () => {
    const app = "sealed";
    const secret = (text: string) => obj("Secret", "s", { stringData: { password: text } });
    declare(app, [good, secret("correct horse"), ...more]);
    await flies(app);
    for (const { data } of await keptOf(app)) {
      const parts = Object.values(JSON.parse(JSON.stringify(data)) as Record<string, string>);
      for (const part of parts) {
        const bytes = Buffer.from(part, "base64").toString("latin1");
        expect(bytes).not.toContain("correct horse");
        expect(bytes).not.toContain(Buffer.from("correct horse").toString("base64"));
        expect(bytes.startsWith("\x1f\x8b")).toBe(false); // nor packed
      }
    }
    await fails(app, [bad, secret("battery staple"), ...more]);
    const live = await bench().get(within(app, obj("Secret", "s")));
    expect(live?.["data"]).toEqual({ password: Buffer.from("correct horse").toString("base64") });
  });

  it("goes with the app", async () => {
    const app = "goes";
    declare(app, [good, ...more]);
    await flies(app);
    const slot = bench().slot(app);
    slot.removal = { how: "delete", reason: "AppRemoved", why: "" };
    await flies(app);
    expect(await bench().inventory(app)).toBeUndefined();
    expect(await keptOf(app)).toEqual([]);
  });
});

describe("holdfast rollback --now, as the agent does it (R-9)", () => {
  it("goes back to the newest other healthy render, until Git asks for something else", async () => {
    const app = "by-hand";
    declare(app, [good, ...more]);
    await flies(app);
    declare(app, [better, ...more]);
    await flies(app);
    ask(app, "rollback", { reason: "orders fail" });
    const status = await flies(app);
    expect(status).toMatchObject({ state: "Held", reason: "RolledBack" });
    expect(status?.message).toContain("by hand (orders fail)");
    expect(await sizeOf(app)).toBe(1);
    declare(app, [widget(3), ...more]);
    expect(await flies(app)).toMatchObject({ state: "Synced" });
    expect(await sizeOf(app)).toBe(3);
  });

  it("goes to a named one, and forward again when its time is over", async () => {
    const app = "named";
    const first = declare(app, [good, ...more]);
    await flies(app);
    for (const size of [2, 3]) {
      declare(app, [widget(size), ...more]);
      await flies(app);
    }
    const until = new Date(bench().world.ports.clock.now() + 600_000).toISOString();
    const { wakes } = bench();
    ask(app, "rollback", { to: first.commit.id.slice(0, 7), until });
    await flies(app);
    expect(await sizeOf(app)).toBe(1);
    const last = wakes.filter(([of]) => of === app).at(-1)?.[1] ?? 0;
    expect(last).toBeGreaterThan(590_000);
    bench().laterMs += 601_000;
    expect(await flies(app)).toMatchObject({ state: "Synced" });
    expect(await sizeOf(app)).toBe(3);
  });

  it("says why it does not: nothing is kept, nothing is written here", async () => {
    const app = "refuses";
    declare(app, [good, ...more]);
    await flies(app);
    const told = () =>
      bench()
        .events.filter(({ type }) => type === "rolled-back")
        .at(-1);
    ask(app, "rollback");
    await flies(app);
    expect(told()).toMatchObject({ app, whyNot: expect.stringContaining("kept are: none") });
    const { world } = bench();
    ask(app, "rollback");
    await fliesOnce(app, { ...world, settings: { ...world.settings, enforce: false } });
    expect(told()).toMatchObject({ whyNot: expect.stringContaining("nothing is written") });
    expect(await sizeOf(app)).toBe(1);
  });
});
