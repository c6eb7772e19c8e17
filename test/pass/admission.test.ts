import { describe, expect, it } from "vitest";
import { refreshDiscovery } from "../../agent/flight/discovery.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { type Json, mapAt } from "../../cli/sandbox/kubernetes/json.ts";
import { configMap, never, obj, outcomes, sharedBench, within } from "./bench.ts";

/** What the cluster's webhooks do, by the namespace they look at. */
const bench = sharedBench({
  admit: ({ namespace, object, dryRun, operation, user }) => {
    if (object === undefined || operation === "DELETE" || object.kind !== "ConfigMap")
      return undefined;
    if (namespace === "mutated") {
      const metadata = {
        ...mapAt(object, "metadata"),
        labels: { ...mapAt(object, "metadata", "labels"), injected: "yes" },
      };
      return { object: { ...object, metadata } as Json };
    }
    if (namespace === "nodry" && dryRun) {
      return {
        deny: 'admission webhook "x" does not support dry run',
        code: 400,
        reason: "BadRequest",
      };
    }
    void user;
    const isFailing = namespace === "failing" && failing.now;
    return isFailing
      ? {
          deny: 'Internal error occurred: failed calling webhook "x": refused',
          code: 500,
          reason: "InternalError",
        }
      : undefined;
  },
});
const failing = { now: false };

describe("admission webhooks", () => {
  it("A-39, case 26: what a webhook sets is in the dry run, hence no drift and no write", async () => {
    const app = "mutated";
    await bench().sync(app, [configMap("a")]);
    const live = await bench().get(within(app, configMap("a")));
    expect(live?.metadata.labels).toHaveProperty("injected", "yes");
    const from = bench().mark;
    const done = await bench().pass(app, { bypassProofs: true });
    expect(outcomes(done)).toEqual({ "ConfigMap/a": "unchanged" });
    expect(bench().writesSince(from)).toEqual([]);
    expect(done.pass.drift).toEqual([]);
  });

  it("A-121: one that does not support dry run is lived with: applied once, healed, and quiet otherwise", async () => {
    const app = "nodry";
    await bench().sync(app, [configMap("a")]);
    expect(outcomes(await bench().pass(app, { bypassProofs: true }))).toEqual({
      "ConfigMap/a": "unchanged",
    });
    await bench().hand(within(app, configMap("a", { a: "2" })));
    const done = await bench().pass(app, { bypassProofs: true });
    expect(outcomes(done)).toEqual({ "ConfigMap/a": "configured" });
    expect(done.pass.results[0]?.warnings).toEqual([
      expect.stringContaining("does not support dry run"),
    ]);
    expect((await bench().get(within(app, configMap("a"))))?.["data"]).toEqual({ a: "1" });
    expect(outcomes(await bench().sync(app, [configMap("a", { a: "3" })]))).toEqual({
      "ConfigMap/a": "configured",
    });
    const from = bench().mark;
    await bench().pass(app, { bypassProofs: true });
    expect(bench().writesSince(from)).toEqual([]);
  });

  it("A-121: what Git no longer declares goes, although the rest is there already", async () => {
    const app = "nodry";
    await bench().sync(app, [configMap("b", { a: "1", b: "1" })]);
    const done = await bench().sync(app, [configMap("b", { a: "1" }), configMap("a", { a: "3" })]);
    expect(outcomes(done)).toMatchObject({ "ConfigMap/b": "configured" });
    expect((await bench().get(within(app, configMap("b"))))?.["data"]).toEqual({ a: "1" });
  });

  it("A-120: one that cannot be called is waited for, and blames no object for good", async () => {
    const app = "failing";
    await bench().sync(app, [configMap("a"), obj("Secret", "s")]);
    failing.now = true;
    const done = await bench().sync(app, [configMap("a", { a: "2" }), obj("Secret", "s")]);
    expect(done.pass.results.find(({ outcome }) => outcome === "failed")?.problem).toMatchObject({
      reason: "ApiError",
      message: expect.stringContaining("failed calling webhook"),
    });
    failing.now = false;
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/a": "configured" });
  });
});

describe("a version that lost a field (A-25, case 48)", () => {
  it("is repaired in managedFields, in the same pass, and then applied", async () => {
    const app = "stale";
    const group = "stale.example.com";
    const definition = (ofBeta: object): KubeObject => {
      const schema = (properties: object) => ({
        openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } },
      });
      const size = { type: "integer" };
      return obj("CustomResourceDefinition", `olds.${group}`, {
        spec: {
          group,
          scope: "Namespaced",
          names: { plural: "olds", singular: "old", kind: "Old", listKind: "OldList" },
          versions: [
            {
              name: "v1",
              served: true,
              storage: true,
              schema: schema({ size, old: { type: "string" } }),
            },
            { name: "v1beta1", served: true, storage: false, schema: schema({ size, ...ofBeta }) },
          ],
        },
      });
    };
    await bench().hand(obj("Namespace", app), { method: "POST" });
    await bench().hand(definition({ old: { type: "string" } }), { method: "POST" });
    await refreshDiscovery(bench().world, never);
    const { client } = bench().world.cluster;
    const made = { ...obj("Old", "o", { spec: { old: "x" } }), apiVersion: `${group}/v1beta1` };
    await client.create(within(app, made), never);
    const wanted = (size: number) => ({
      ...obj("Old", "o", { spec: { size } }),
      apiVersion: `${group}/v1`,
    });
    await bench().sync(app, [wanted(1)]);
    await bench().hand(definition({}), { method: "MERGE" });
    const done = await bench().sync(app, [wanted(2)]);
    expect(outcomes(done)).toEqual({ "Old/o": "configured" });
    expect((await bench().get(within(app, wanted(2))))?.["spec"]).toEqual({ old: "x", size: 2 });
  });
});
