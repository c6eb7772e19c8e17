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
import { hook, inWave, makeReady, waits } from "../pass/order-cases.ts";
import { alive, deletesSince, impatient, rest } from "./scene.ts";

/** Nobody makes anything ready but the test. */
const bench = sharedBench({ readyAfterMs: "never" });

const finalizers = (name: string, value: readonly string[] | null) =>
  obj("ConfigMap", name, {}, { finalizers: value });

describe("acceptance GE: waves", () => {
  it("11 Prune last, waves mirrored (O-14)", async () => {
    const app = "ge11";
    const dropped = [
      inWave(-1, configMap("low")),
      configMap("middle"),
      inWave(2, configMap("high")),
    ];
    await bench().sync(app, [...dropped, ...rest]);
    const from = bench().mark;
    await bench().sync(app, [...rest, configMap("new"), inWave(5, configMap("newest"))]);
    expect(deletesSince(bench(), from)).toEqual(["high", "middle", "low"]);
    const objects = bench()
      .writesSince(from)
      .filter((one) => one.includes(`/namespaces/${app}/`))
      .map((one) => one.split(" ")[0]);
    expect(objects).toEqual(["PATCH", "PATCH", "DELETE", "DELETE", "DELETE"]);
  });

  it("12 Next prune step waits for deletions (O-14)", async () => {
    const app = "ge12";
    await bench().sync(app, [configMap("first"), inWave(1, configMap("second")), ...rest]);
    await bench().hand(within(app, finalizers("second", ["example.com/slow"])));
    bench().declare(app, { objects: rest });
    const from = bench().mark;
    await bench().pass(app, { clock: impatient(bench()) });
    await bench().pass(app, { clock: impatient(bench()) });
    expect(deletesSince(bench(), from)).toEqual(["second"]);
    expect(await alive(bench(), app, [configMap("first")])).toEqual(["first"]);
    await bench().hand(within(app, finalizers("second", null)));
    await bench().pass(app);
    expect(deletesSince(bench(), from)).toEqual(["second", "first"]);
  });

  it("13 Object vanishing between waves fails (O-24)", async () => {
    const app = "ge13";
    const objects = [deployment("db"), inWave(1, configMap("late"))];
    await bench().sync(app, objects);
    await makeReady(bench(), app, "db");
    // Somebody deletes what was just ready: its readiness counts for nothing.
    await bench().hand(within(app, deployment("db")), { method: "DELETE" });
    const done = await bench().pass(app, { bypassProofs: true });
    expect(outcomes(done)).toMatchObject({ "ConfigMap/late": "skipped" });
    expect(waits(done)["ConfigMap/late"]).toContain("Deployment ge13/db");
    expect(await alive(bench(), app, [configMap("late")])).toEqual([]);
    // It is made again, and has to become ready itself.
    await makeReady(bench(), app, "db");
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/late": "created" });
  });

  it("17 Namespace and CRD move to their member's wave (O-12)", async () => {
    const app = "ge17";
    const space = inWave(3, obj("Namespace", "ge17-space"));
    const member = inWave(-2, within("ge17-space", configMap("member")));
    const done = await bench().sync(app, [
      space,
      member,
      inWave(3, widgets),
      inWave(-1, obj("Widget", "w", { spec: { size: 1 } })),
      inWave(2, configMap("late")),
    ]);
    expect(outcomes(done)).toEqual({
      "Namespace/ge17-space": "created",
      "ConfigMap/member": "created",
      "CustomResourceDefinition/widgets.example.com": "created",
      "Widget/w": "created",
      "ConfigMap/late": "skipped",
    });
    const hooked: readonly KubeObject[] = [
      hook("pre", "first", {}, "ge17-hooks"),
      inWave(1, obj("Namespace", "ge17-hooks")),
      configMap("c"),
    ];
    expect(outcomes(await bench().sync(`${app}-h`, hooked))).toMatchObject({
      "Namespace/ge17-hooks": "created",
      "ConfigMap/c": "skipped",
    });
  });
});
