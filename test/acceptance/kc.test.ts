import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import {
  configMap,
  deployment,
  obj,
  outcomes,
  sharedBench,
  widgets,
  within,
} from "../pass/bench.ts";
import { failures, inWave, makeReady, waits } from "../pass/order-cases.ts";
import {
  accepting,
  alive,
  deletesSince,
  makeNamespace,
  rest,
  uidOf,
  withAnnotations,
} from "./scene.ts";

const guarded = { now: true };

/** Nobody makes anything ready but the test; a policy guards what is called `guarded` for a while. */
const bench = sharedBench({
  readyAfterMs: "never",
  admit: ({ operation, name }) =>
    operation === "DELETE" && name === "guarded" && guarded.now
      ? { deny: 'admission webhook "guard" denied the request: not yet', code: 403 }
      : undefined,
});

const refresh = () => bench().ports().refreshDiscovery(AbortSignal.timeout(5_000));

describe("acceptance KC: one app", () => {
  it("55 Empty render holds, prunes only after accept (P-50 a)", async () => {
    const app = "kc55";
    await bench().sync(app, [configMap("a"), deployment("web")]);
    const held = await bench().sync(app, []);
    expect(held.pass.held).toMatchObject({ reason: "EmptyRender" });
    await bench().pass(app);
    bench().restart();
    await bench().pass(app);
    const all = [configMap("a"), deployment("web")];
    expect(await alive(bench(), app, all)).toEqual(["a", "web"]);
    await bench().pass(app, { accepts: accepting(held) });
    expect(await alive(bench(), app, all)).toEqual([]);
  });

  it("56 Object without our mark not pruned (4.5-3)", async () => {
    const app = "kc56";
    await bench().sync(app, [configMap("a"), ...rest]);
    const bare = { annotations: { "holdfast.dev/owner": null } };
    await bench().hand(within(app, obj("ConfigMap", "a", {}, bare)));
    const from = bench().mark;
    const done = await bench().sync(app, rest);
    expect(outcomes(done)).toMatchObject({ "ConfigMap/a": "skipped" });
    expect(deletesSince(bench(), from)).toEqual([]);
    expect(done.pass.held).toBeUndefined();
  });

  it("57 Rejected deletion keeps the entry, retried (P-11)", async () => {
    const app = "kc57";
    await bench().sync(app, [configMap("guarded"), ...rest]);
    const done = await bench().sync(app, rest);
    expect(failures(done)).toEqual([expect.stringContaining("not yet")]);
    expect(await bench().tracked(app)).toContain("ConfigMap/guarded");
    bench().restart();
    guarded.now = false;
    await bench().pass(app);
    guarded.now = true;
    expect(await alive(bench(), app, [configMap("guarded")])).toEqual([]);
    expect(await bench().tracked(app)).not.toContain("ConfigMap/guarded");
  });

  it("58 `reconcile: disabled` not pruned, `create-only` pruned (§4.4)", async () => {
    const app = "kc58";
    const disabled = { "holdfast.dev/reconcile": "disabled" };
    const off = withAnnotations(configMap("off"), disabled);
    const flux = withAnnotations(configMap("flux"), {
      "kustomize.toolkit.fluxcd.io/ssa": "Ignore",
    });
    const once = withAnnotations(configMap("once"), { "holdfast.dev/create-only": "enabled" });
    await bench().sync(app, [configMap("off"), configMap("flux"), once, ...rest]);
    await bench().sync(app, [off, flux, once, ...rest]);
    await bench().sync(app, rest);
    await bench().pass(app);
    expect(await alive(bench(), app, [off, flux, once])).toEqual(["off", "flux"]);
  });

  it("59 Rename: new one Healthy, then old one pruned (P-14, P-16)", async () => {
    const app = "kc59";
    await bench().sync(app, [deployment("old"), ...rest]);
    await makeReady(bench(), app, "old");
    await bench().pass(app);
    const from = bench().mark;
    await bench().sync(app, [deployment("new"), ...rest]);
    await bench().pass(app);
    expect(deletesSince(bench(), from)).toEqual([]);
    await makeReady(bench(), app, "new");
    await bench().pass(app, { bypassProofs: true });
    expect(deletesSince(bench(), from)).toEqual(["old"]);
  });

  it("60 Accepted take-over of another tool's fields (P-60, A-21)", async () => {
    const app = "kc60";
    await makeNamespace(bench(), app);
    const labels = { "kustomize.toolkit.fluxcd.io/name": "shop" };
    const made = obj("ConfigMap", "c", { data: { a: "0", b: "1" } }, { labels });
    await bench().hand(within(app, made), { method: "APPLY", manager: "kustomize-controller" });
    const held = await bench().sync(app, [configMap("c", { a: "1", b: "1" })]);
    expect(outcomes(held)).toEqual({ "ConfigMap/c": "held" });
    expect((await bench().get(within(app, made)))?.["data"]).toEqual({ a: "0", b: "1" });
    await bench().pass(app, { takeOver: true });
    // Their claim on the fields went with it: what Git drops now is gone.
    await bench().sync(app, [configMap("c", { a: "1" })]);
    const live = await bench().get(within(app, made));
    expect(live?.["data"]).toEqual({ a: "1" });
    expect(live?.metadata.labels).not.toHaveProperty([Object.keys(labels)[0] ?? ""]);
  });

  it("61 Skipped objects not awaited (H-2)", async () => {
    const app = "kc61";
    const disabled = { "holdfast.dev/reconcile": "disabled" };
    const broken = withAnnotations(deployment("broken"), disabled);
    await bench().sync(app, [deployment("broken")]);
    await bench().watch();
    const done = await bench().sync(app, [broken, inWave(1, configMap("late"))]);
    expect(outcomes(done)).toEqual({
      "Deployment/broken": "skipped",
      "ConfigMap/late": "created",
    });
    expect(done.pass.health.map(({ ref }) => ref.name)).toEqual(["late"]);
  });

  it("62 Discovery recovers after a CRD's deletion (A-110, A-114)", async () => {
    const app = "kc62";
    const widget: KubeObject = obj("Widget", "w", { spec: { size: 1 } });
    await bench().sync(app, [widgets, widget, ...rest]);
    await bench().hand(widgets, { method: "DELETE" });
    expect(outcomes(await bench().pass(app, { bypassProofs: true }))).toMatchObject({
      "CustomResourceDefinition/widgets.example.com": "created",
      "Widget/w": "created",
    });
    // Dropped for good by hand: its resource is gone with it, and forgotten.
    await bench().sync(app, [widgets, widget, ...rest]);
    await bench().hand(widgets, { method: "DELETE" });
    await refresh();
    const held = await bench().sync(app, rest);
    await bench().pass(app, { accepts: accepting(held) });
    expect((await bench().tracked(app)).filter((one) => !one.startsWith("ConfigMap/"))).toEqual([]);
  });

  it("63 New revision cancels a wait (H-3)", async () => {
    const app = "kc63";
    await bench().sync(app, [deployment("web", "web:broken"), inWave(1, configMap("late"))]);
    expect(waits(await bench().pass(app))).toHaveProperty("ConfigMap/late");
    const uid = await uidOf(bench(), app, deployment("web"));
    // Nothing is undone and nothing waited out: the fix goes out at once.
    const fixed = await bench().sync(app, [
      deployment("web", "web:2"),
      inWave(1, configMap("late")),
    ]);
    expect(outcomes(fixed)).toMatchObject({ "Deployment/web": "configured" });
    expect(await uidOf(bench(), app, deployment("web"))).toBe(uid);
    const without = await bench().sync(app, [configMap("late")]);
    expect(outcomes(without)).toMatchObject({ "ConfigMap/late": "created" });
  });
});
