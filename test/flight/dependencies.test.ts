import { describe, expect, it } from "vitest";
import { fly } from "../../agent/flight/fly.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { configMap, deployment, never, sharedBench, within } from "../pass/bench.ts";
import { hook, makeReady } from "../pass/order-cases.ts";

/** Nobody makes anything ready but the test. */
const bench = sharedBench({ readyAfterMs: "never" });

function declare(app: string, objects: readonly KubeObject[], dependsOn: readonly string[] = []) {
  const { unit } = bench().declare(app, { objects, unit: { dependsOn } });
  bench().slot(app).unit = { ...unit };
}

/** One flight: its status, and whom it wakes at once. */
async function flown(app: string) {
  const slot = bench().slot(app);
  slot.commit = slot.manifests?.commit;
  const from = bench().wakes.length;
  await fly(bench().world, app, never);
  const woken = bench()
    .wakes.slice(from)
    .filter(([of, afterMs]) => afterMs === 0 && of !== app)
    .map(([of]) => of);
  return { status: slot.status, woken };
}

const alive = async (app: string, object: KubeObject) =>
  (await bench().get(within(app, object)))?.metadata.name;

describe("apps that depend on others (O-30)", () => {
  it("wait until these are live and healthy, say so, and are woken then", async () => {
    declare("base", [deployment("db")]);
    declare("shop", [configMap("c")], ["base"]);
    const early = await flown("shop");
    expect(early.status).toMatchObject({
      state: "Progressing",
      reason: "DependencyNotReady",
      stage: "gated",
      message: expect.stringContaining("waits for app base (not compared yet)"),
    });
    expect(await alive("shop", configMap("c"))).toBeUndefined();

    const base = await flown("base");
    expect(base.woken).toEqual(["shop"]);
    expect((await flown("shop")).status?.message).toContain("base (Progressing: RollingOut)");
    await makeReady(bench(), "base", "db");
    expect((await flown("base")).woken).toEqual(["shop"]);
    expect((await flown("shop")).status).toMatchObject({ state: "Synced" });
    expect(await alive("shop", configMap("c"))).toBe("c");
  });

  it("the chain is told down to the first that is not ready", async () => {
    declare("chain-a", [deployment("db")]);
    declare("chain-b", [configMap("c")], ["chain-a"]);
    declare("chain-c", [configMap("c")], ["chain-b"]);
    await flown("chain-c");
    await flown("chain-b");
    expect((await flown("chain-a")).woken.sort()).toEqual(["chain-b", "chain-c"]);
    expect((await flown("chain-c")).status?.message).toContain(
      "waits for app chain-b, which waits for app chain-a (Progressing: RollingOut)",
    );
  });

  it("O-31: one that is not deployed here is told as such", async () => {
    declare("lonely", [configMap("c")], ["nobody"]);
    const { status } = await flown("lonely");
    expect(status).toMatchObject({ reason: "DependencyNotReady" });
    expect(status?.message).toContain("app nobody, which is not deployed on this cluster");
  });

  it("of the same commit: a dependency that is green with its old change is not ready", async () => {
    declare("old", [configMap("c")]);
    declare("newer", [configMap("c")], ["old"]);
    await flown("old");
    expect((await flown("newer")).status).toMatchObject({ state: "Synced" });
    declare("old", [configMap("c", { a: "2" })]);
    declare("newer", [configMap("c", { a: "2" })], ["old"]);
    expect((await flown("newer")).status).toMatchObject({ reason: "DependencyNotReady" });
    expect((await bench().get(within("newer", configMap("c"))))?.["data"]).toEqual({ a: "1" });
    expect((await flown("old")).woken).toEqual(["newer"]);
    expect((await flown("newer")).status).toMatchObject({ state: "Synced" });
  });

  it("what runs stays enforced, and says nothing of its dependency, while that is not well", async () => {
    declare("well", [deployment("db")]);
    declare("calm", [configMap("c")], ["well"]);
    await flown("well");
    await makeReady(bench(), "well", "db");
    await flown("well");
    await flown("calm");
    bench().slot("well").problems = [{ reason: "RenderFailed", message: "x" }];
    await bench().hand(within("calm", configMap("c", { a: "9" })));
    expect((await flown("calm")).status).toMatchObject({ state: "Synced" });
    expect((await bench().get(within("calm", configMap("c"))))?.["data"]).toEqual({ a: "1" });
  });

  it("after a start what was said of a dependency before proves nothing; its first pass wakes who waits", async () => {
    declare("said", [configMap("c")]);
    declare("strict", [configMap("c")], ["said"]);
    await flown("said");
    await flown("said");
    bench().slot("said").isCompared = false; // a new agent, that has read the App object
    expect((await flown("strict")).status).toMatchObject({ reason: "DependencyNotReady" });
    expect((await flown("said")).woken).toEqual(["strict"]);
    expect((await flown("strict")).status).toMatchObject({ state: "Synced" });
  });

  it("nothing is asked of the server for a change that waits", async () => {
    declare("gated", [configMap("c"), hook("pre", "before")], ["nobody"]);
    const from = bench().mark;
    await flown("gated");
    const asked = bench().requestsSince(from);
    expect(asked.filter((one) => /\/jobs\/|dry-run$/.test(one))).toEqual([]);
  });

  it("a dependency that was live and is not healthy now holds back what is new", async () => {
    declare("sick", [deployment("db")]);
    declare("careful", [configMap("c")], ["sick"]);
    await flown("sick");
    await makeReady(bench(), "sick", "db");
    await flown("sick");
    await flown("careful");
    const scaled = { ...deployment("db"), spec: { replicas: 4 } };
    await bench().hand(within("sick", scaled)); // its status speaks of another generation
    await flown("sick");
    declare("careful", [configMap("c", { a: "2" })], ["sick"]);
    expect((await flown("careful")).status).toMatchObject({ reason: "DependencyNotReady" });
  });

  it("what a change drops waits with it", async () => {
    const kept = ["a", "b", "c"].map((name) => configMap(name));
    declare("dropping", [...kept, configMap("old")], ["absent"]);
    declare("absent", []);
    await flown("absent");
    bench().declare("absent", { objects: [configMap("c")] });
    await bench().pass("dropping");
    expect(await alive("dropping", configMap("old"))).toBe("old");
    declare("dropping", kept, ["absent"]);
    bench().slot("absent").problems = [{ reason: "RenderFailed", message: "x" }];
    const { status } = await flown("dropping");
    expect(await alive("dropping", configMap("old"))).toBe("old");
    expect(status?.message).toContain("waits for app absent (RenderFailed)");
    bench().slot("absent").problems = [];
    await flown("absent");
    await flown("dropping");
    expect(await alive("dropping", configMap("old"))).toBeUndefined();
  });

  it("case 64: removal is never held up by a failing dependency", async () => {
    declare("going", [configMap("c"), configMap("d")], ["ill"]);
    await bench().pass("going");
    bench().slot("going").removal = { how: "delete", reason: "AppRemoved", why: "gone" };
    await flown("going");
    await flown("going");
    expect(await alive("going", configMap("c"))).toBeUndefined();
  });
});
