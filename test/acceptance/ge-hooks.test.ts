import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { configMap, outcomes, sharedBench, within } from "../pass/bench.ts";
import { endJob, failures, hook, waits } from "../pass/order-cases.ts";
import { alive, rest, uidOf } from "./scene.ts";

/** Nobody ends a Job but the test. */
const bench = sharedBench({ readyAfterMs: "never" });

const end = (app: string, name: string, how = "Complete") => endJob(bench(), { app, name, how });

describe("acceptance GE: hooks", () => {
  it("7 Hooks are not ordinary objects, nor pruned as such (O-10)", async () => {
    const app = "ge7";
    const foreign = { "argocd.argoproj.io/hook": "PostSync" };
    const after = { ...hook("post", "after"), kind: "Job" };
    const argo = { ...after, metadata: { name: "argo", annotations: foreign } };
    await bench().sync(app, [configMap("c"), after, argo, ...rest]);
    await end(app, "after");
    await end(app, "argo");
    const done = await bench().pass(app);
    expect(Object.keys(outcomes(done))).not.toContain("Job/after");
    expect((await bench().tracked(app)).filter((one) => one.startsWith("Job/"))).toEqual([]);
    expect(await alive(bench(), app, [after, argo])).toEqual(["after", "argo"]);
    // A commit that drops an object prunes that, and no hook.
    await bench().sync(app, [after, argo, ...rest]);
    await end(app, "after");
    await end(app, "argo");
    await bench().pass(app);
    expect(await alive(bench(), app, [configMap("c"), after, argo])).toEqual(["after", "argo"]);
  });

  it("9 Old hook already gone: no error (O-17)", async () => {
    const app = "ge9";
    const before = hook("pre", "before");
    await bench().sync(app, [before, configMap("c")]);
    await end(app, "before");
    await bench().pass(app);
    await bench().hand(within(app, before), { method: "DELETE" });
    const done = await bench().sync(app, [before, configMap("c", { a: "2" })]);
    expect(failures(done)).toEqual([]);
    expect(await alive(bench(), app, [before])).toEqual(["before"]);
    await end(app, "before");
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/c": "configured" });
  });

  it("10 generateName hooks: stable name per change (A-86)", async () => {
    const app = "ge10";
    const { metadata, ...job } = hook("pre", "");
    const unnamed = { ...job, metadata: { ...metadata, name: "", generateName: "run-" } };
    const names = async (text: string) => {
      await bench().sync(app, [unnamed as KubeObject, configMap("c", { a: text })]);
      const hooks = [...((await bench().inventory(app))?.hooks?.values() ?? [])];
      return hooks.map(({ ref }) => ref.name);
    };
    const [first = "", ...none] = await names("1");
    expect(first).toMatch(/^run-[0-9a-f]{8}$/);
    expect(none).toEqual([]);
    bench().restart();
    expect(await names("1")).toEqual([first]);
    await end(app, first);
    await bench().pass(app);
    const second = await names("2");
    expect(second).toEqual([expect.stringMatching(/^run-[0-9a-f]{8}$/)]);
    expect(second).not.toEqual([first]);
  });

  it("14 Failure hooks run once, to their end (O-19)", async () => {
    const app = "ge14";
    const objects = [configMap("c"), hook("post", "check"), hook("failure", "undo")];
    await bench().sync(app, objects);
    await end(app, "check", "Failed");
    await bench().pass(app);
    const uid = await uidOf(bench(), app, hook("failure", "undo"));
    expect(uid).toBeDefined();
    // The pass goes on waiting for it: still there, still the same one, however often it looks.
    await bench().pass(app);
    bench().restart();
    await bench().pass(app);
    expect(await uidOf(bench(), app, hook("failure", "undo"))).toBe(uid);
    await end(app, "undo");
    const from = bench().mark;
    const done = await bench().pass(app);
    await bench().pass(app);
    expect(failures(done)).toEqual([expect.stringMatching(/^HookFailed: .*ge14\/check/)]);
    expect(
      bench()
        .writesSince(from)
        .filter((one) => one.includes("/jobs")),
    ).toEqual([]);
  });

  it("15 Stop during hooks: no finalizers, re-attached (O-17, O-18)", async () => {
    const app = "ge15";
    const before = hook("pre", "before");
    bench().declare(app, { objects: [before, configMap("c")] });
    await bench().pass(app);
    const running = await bench().get(within(app, before));
    expect(running?.metadata.finalizers).toBeUndefined();
    // The process stops here. Another one goes on.
    bench().restart();
    const from = bench().mark;
    expect(waits(await bench().pass(app))).toMatchObject({
      "Job/before": expect.stringContaining("runs"),
    });
    expect(bench().writesSince(from)).toEqual([]);
    await end(app, "before");
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/c": "created" });
    expect(await uidOf(bench(), app, before)).toBe(running?.metadata.uid);
  });
});
