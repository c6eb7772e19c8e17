import { describe, expect, it } from "vitest";
import { fly } from "../../agent/flight/fly.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { configMap, never, obj, outcomes, sharedBench, within } from "./bench.ts";
import { dyingAt, Killed } from "./dying.ts";

const bench = sharedBench();
const stays = [configMap("x"), configMap("y"), configMap("z")];
const annotations = { "holdfast.dev/recreate": "enabled" };
const frozen = (value: string) =>
  obj("ConfigMap", "f", { data: { a: value }, immutable: true }, { annotations });

/** Dies at the nth write of a pass: before it is sent, or after the server has done it. A new agent knows what is stored. */
async function killed(app: string, nth: number, cut: "before" | "after" = "after"): Promise<void> {
  const { wrapped, writes } = dyingAt(nth, cut, bench().world.cluster.client);
  await expect(bench().pass(app, { client: wrapped })).rejects.toBeInstanceOf(Killed);
  expect(writes()).toBeGreaterThanOrEqual(nth);
  bench().restart();
}

async function entryOf(app: string, name: string) {
  return (await bench().inventory(app))?.entries.get(`${app}_${name}__ConfigMap`);
}

async function uidOf(app: string, object: KubeObject): Promise<string | undefined> {
  return (await bench().get(within(app, object)))?.metadata.uid;
}

async function expectQuiet(app: string): Promise<void> {
  const from = bench().mark;
  await bench().pass(app);
  expect(bench().writesSince(from)).toEqual([]);
}

describe("P-17: killed after", () => {
  it.each(["before", "after"] as const)(
    "sending the intent write (%s the server has it): old or new content is read, and it goes on",
    async (cut) => {
      const app = `intent-${cut}`;
      bench().declare(app, { objects: stays });
      await killed(app, 1, cut);
      expect((await bench().inventory(app)) !== undefined).toBe(cut === "after");
      await bench().pass(app);
      expect(await entryOf(app, "x")).toMatchObject({ state: "applied" });
      await expectQuiet(app);
    },
  );

  it("the intent write: intents without objects are applied; undeclared ones are settled and dropped (P-18)", async () => {
    const app = "intents";
    bench().declare(app, { objects: [configMap("gone"), ...stays] });
    await killed(app, 2);
    expect(await entryOf(app, "gone")).toMatchObject({ state: "intent" });
    bench().declare(app, { objects: stays });
    await bench().pass(app);
    expect(await entryOf(app, "x")).toMatchObject({ state: "applied" });
    expect(await entryOf(app, "gone")).toMatchObject({ state: "intent" });
    bench().laterMs += 91_000;
    await bench().pass(app);
    expect(await entryOf(app, "gone")).toBeUndefined();
  });

  it("k of n objects: what is equal stays untouched, the rest is applied", async () => {
    const app = "some";
    bench().declare(app, { objects: stays });
    await killed(app, 4);
    const done = outcomes(await bench().pass(app));
    expect(Object.values(done).sort()).toEqual(["created", "unchanged", "unchanged"]);
    await expectQuiet(app);
  });

  it("adoption's SSA, before its take-over patch: it is caught up before the next SSA (A-22)", async () => {
    const app = "adoption";
    await bench().hand(obj("Namespace", app), { method: "POST" });
    const made = within(app, configMap("x", { a: "1", b: "1" }));
    await bench().hand(made, { method: "POST", manager: "kubectl-client-side-apply" });
    bench().declare(app, { objects: [configMap("x", { a: "1", b: "1" })] });
    await killed(app, 2);
    const managers = (await bench().get(made))?.metadata.managedFields?.map(
      ({ manager }) => manager,
    );
    expect(managers).toContain("kubectl-client-side-apply");
    await bench().sync(app, [configMap("x", { a: "1" })]);
    await bench().pass(app);
    expect((await bench().get(made))?.["data"]).toEqual({ a: "1" });
  });

  it("all was applied and nothing recorded: intents with live objects get their UIDs", async () => {
    const app = "unrecorded";
    bench().declare(app, { objects: stays });
    await killed(app, 6, "before");
    expect(await entryOf(app, "x")).not.toHaveProperty("uid");
    await bench().pass(app);
    expect(await entryOf(app, "x")).toMatchObject({
      state: "applied",
      uid: await uidOf(app, configMap("x")),
    });
  });

  it("saving for restore: an extra copy, which the next plan overwrites", async () => {
    const app = "saved";
    await bench().sync(app, [configMap("a"), ...stays]);
    bench().declare(app, { objects: stays });
    await killed(app, 1);
    expect(await bench().get(within(app, configMap("a")))).toBeDefined();
    const { kept } = bench().world.cluster;
    expect(await kept.list(app, never)).toHaveLength(1);
    await bench().hand(within(app, configMap("a", { a: "since" })));
    await bench().pass(app);
    const records = await kept.list(app, never);
    expect(records.flatMap(({ objects }) => objects.map(({ object }) => object?.["data"]))).toEqual(
      [{ a: "since" }],
    );
    expect(await bench().get(within(app, configMap("a")))).toBeUndefined();
  });

  it("DELETE was sent, and is still under way: every rule of 4.5 again, no second DELETE", async () => {
    const app = "terminating";
    await bench().sync(app, [configMap("a"), ...stays]);
    await bench().hand(within(app, obj("ConfigMap", "a", {}, { finalizers: ["example.com/x"] })));
    bench().declare(app, { objects: stays });
    await killed(app, 2);
    const from = bench().mark;
    const done = await bench().pass(app);
    expect(done.pass.deleting).toMatchObject([
      { ref: { name: "a" }, finalizers: ["example.com/x"] },
    ]);
    expect(
      bench()
        .writesSince(from)
        .filter((one) => one.startsWith("DELETE")),
    ).toEqual([]);
    expect(await entryOf(app, "a")).toMatchObject({ state: "deleting" });
  });

  it("DELETE was sent, and others made it anew: the other UID is not ours", async () => {
    const app = "anew";
    await bench().sync(app, [configMap("a"), ...stays]);
    bench().declare(app, { objects: stays });
    await killed(app, 2);
    await bench().hand(within(app, configMap("a", { a: "mine" })), { method: "POST" });
    await bench().pass(app);
    expect((await bench().get(within(app, configMap("a"))))?.["data"]).toEqual({ a: "mine" });
    expect(await entryOf(app, "a")).toBeUndefined();
  });

  it("deleted, not recorded: a 404 drops the entry (P-80)", async () => {
    const app = "deleted";
    await bench().sync(app, [configMap("a"), ...stays]);
    bench().declare(app, { objects: stays });
    await killed(app, 2);
    expect(await entryOf(app, "a")).toBeDefined();
    await bench().pass(app);
    expect(await entryOf(app, "a")).toBeUndefined();
  });

  it("recreate's delete: declared and absent is created", async () => {
    const app = "recreate";
    await bench().sync(app, [frozen("1"), ...stays]);
    bench().declare(app, { objects: [frozen("2"), ...stays] });
    await killed(app, 3);
    expect(await bench().get(within(app, frozen("1")))).toBeUndefined();
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/f": "created" });
  });

  it("a hook was created: it is known again, and not started twice (O-18)", async () => {
    const app = "hook";
    const hook = obj(
      "Job",
      "migrate",
      {
        spec: {
          template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } },
        },
      },
      { annotations: { "holdfast.dev/hook": "pre" } },
    );
    bench().declare(app, { objects: [hook, ...stays] });
    let nth = 2;
    do {
      nth += 1;
      await killed(app, nth);
    } while ((await uidOf(app, hook)) === undefined);
    const uid = await uidOf(app, hook);
    await bench().pass(app);
    expect(await uidOf(app, hook)).toBe(uid);
  });

  it("a hand-over: the new app's mark is there, and the old app drops its entry (P-63, P-14)", async () => {
    const [from, to] = ["from-app", "to-app"];
    const moved = within(from, configMap("moved"));
    await bench().sync(from, [moved, ...stays]);
    bench().declare(to, { objects: [moved], unit: { namespace: from } });
    bench().declare(from, { objects: stays });
    await killed(to, 2);
    const uid = (await bench().get(moved))?.metadata.uid;
    await bench().pass(from);
    expect(await bench().tracked(from)).not.toContain("ConfigMap/moved");
    await bench().pass(to);
    expect((await bench().get(moved))?.metadata.uid).toBe(uid);
    expect(await bench().tracked(to)).toEqual(["ConfigMap/moved"]);
  });

  it("the inventory, not the status: it is found anew, and the old one is believed in nothing", async () => {
    const app = "status";
    bench().declare(app, { objects: stays });
    await bench().pass(app); // recorded, and then the end
    bench().restart();
    const slot = bench().slot(app);
    slot.commit = slot.manifests?.commit;
    await fly(bench().world, app, never);
    expect(slot.status).toMatchObject({ state: "Synced", objects: { managed: 3 } });
    const told = await bench().world.cluster.apps.read(app, never);
    expect(told).toMatchObject({ status: { state: "Synced" } });
  });
});
