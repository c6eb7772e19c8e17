import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import { configMap, obj, outcomes, sharedBench, until, within } from "./bench.ts";

const bench = sharedBench();

describe("what cannot be had for now", () => {
  it("A-93: a namespace that terminates is waited for, and made again with all that is in it", async () => {
    const app = "ending";
    await bench().sync(app, [configMap("a"), configMap("b")]);
    const held = within(
      app,
      obj("ConfigMap", "kept", { data: {} }, { finalizers: ["example.com/x"] }),
    );
    await bench().hand(held, { method: "POST" });
    await bench().hand(obj("Namespace", app), { method: "DELETE" });
    await until(
      async () => (await bench().get(within(app, configMap("a")))) === undefined,
      "emptied",
    );
    bench().restart();
    const waits = await bench().pass(app);
    expect(outcomes(waits)).toEqual({ "ConfigMap/a": "failed", "ConfigMap/b": "failed" });
    expect(waits.pass.results[0]?.problem).toMatchObject({ reason: "NamespaceUnavailable" });
    expect(await bench().tracked(app)).toEqual(["ConfigMap/a", "ConfigMap/b"]);
    await bench().hand(within(app, obj("ConfigMap", "kept", {}, { finalizers: null })));
    await until(async () => (await bench().get(obj("Namespace", app))) === undefined, "gone");
    const done = await bench().pass(app);
    expect(outcomes(done)).toEqual({ "ConfigMap/a": "created", "ConfigMap/b": "created" });
  });

  it("A-106: a version that is no longer served fails by name, and what lives is not stale", async () => {
    const app = "removed";
    const at = (apiVersion: string): KubeObject => ({
      ...obj("PodDisruptionBudget", "p", {
        spec: { minAvailable: 1, selector: { matchLabels: { a: "b" } } },
      }),
      apiVersion,
    });
    await bench().sync(app, [at("policy/v1"), configMap("a"), configMap("b")]);
    const from = bench().mark;
    const done = await bench().sync(app, [at("policy/v1beta1"), configMap("a"), configMap("b")]);
    expect(outcomes(done)).toMatchObject({ "PodDisruptionBudget/p": "failed" });
    expect(done.pass.results.find(({ outcome }) => outcome === "failed")?.problem).toMatchObject({
      reason: "ApiRemoved",
      message: expect.stringContaining("v1 is"),
    });
    expect(
      bench()
        .writesSince(from)
        .filter((one) => one.startsWith("DELETE")),
    ).toEqual([]);
    expect(await bench().get(within(app, at("policy/v1")))).toBeDefined();
    expect(await bench().tracked(app)).toContain("PodDisruptionBudget/p");
  });

  it("A-83, case 98: what controllers write into a ServiceAccount is not ours", async () => {
    const app = "account";
    await bench().sync(app, [obj("ServiceAccount", "robot")]);
    const theirs = { secrets: [{ name: "robot-token" }], imagePullSecrets: [{ name: "pull" }] };
    await bench().hand(within(app, obj("ServiceAccount", "robot", theirs)), {
      manager: "token-controller",
    });
    const from = bench().mark;
    expect(outcomes(await bench().pass(app, { bypassProofs: true }))).toEqual({
      "ServiceAccount/robot": "unchanged",
    });
    expect(bench().writesSince(from)).toEqual([]);
    expect(await bench().get(within(app, obj("ServiceAccount", "robot")))).toMatchObject(theirs);
  });
});
