import { describe, expect, it } from "vitest";
import type { ClusterClient } from "../../agent/cluster/client.ts";
import { ApiError } from "../../agent/cluster/errors.ts";
import { type Bench, configMap, deployment, obj, outcomes, sharedBench, within } from "./bench.ts";

const bench = sharedBench();

/** A definition of its own for each case, and a resource of it that its controller must clean up. */
function custom(group: string) {
  const definition = obj("CustomResourceDefinition", `gadgets.${group}`, {
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "gadgets", singular: "gadget", kind: "Gadget", listKind: "GadgetList" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object" } },
        },
      ],
    },
  });
  const resource = (finalizers: readonly string[] | null = null) => ({
    ...obj("Gadget", "g", {}, finalizers === null ? {} : { finalizers }),
    apiVersion: `${group}/v1`,
  });
  return { definition, resource };
}

const stays = Array.from({ length: 8 }, (_none, index) => configMap(`c${index}`));

/** Time flies while somebody waits. */
function impatient(of: Bench) {
  const { clock } = of.world.ports;
  const sleep = async () => {
    of.laterMs += 30_000;
  };
  return { ...clock, sleep };
}

async function letting(app: string, options: object = {}) {
  const held = await bench().pass(app);
  const plan = held.pass.held?.plan ?? "";
  const accepts = async () => [{ by: "plan", key: `request:${app}`, plan } as const];
  return { held, accepts, done: await bench().pass(app, { accepts, ...options }) };
}

function deletions(from: number): readonly string[] {
  return bench()
    .writesSince(from)
    .filter((one) => one.startsWith("DELETE"))
    .map((one) => one.split("/").at(-1) ?? "");
}

describe("P-81: an operator and what it looks after go in one commit", () => {
  it("the resource first, and the operator only when it is gone; one accept is enough for all passes", async () => {
    const app = "operator";
    const { definition, resource } = custom("one.example.com");
    const all = [
      definition,
      resource(),
      deployment("op"),
      obj("ServiceAccount", "op"),
      deployment("web"),
    ];
    await bench().sync(app, [...all, ...stays]);
    await bench().pass(app);
    await bench().hand(within(app, resource(["example.com/cleanup"])));
    const next = [deployment("web"), ...stays];
    bench().declare(app, { objects: next });
    const from = bench().mark;
    const { held, done, accepts } = await letting(app, { clock: impatient(bench()) });
    expect(held.pass.held).toMatchObject({ reason: "ProtectedKind" });
    expect(deletions(from)).toEqual(["g"]);
    expect(outcomes(done)).toMatchObject({
      "Gadget/g": "deleted",
      "Deployment/op": "skipped",
      "CustomResourceDefinition/gadgets.one.example.com": "skipped",
    });
    expect(done.pass.deleting.map(({ ref, putOff }) => [ref.kind, putOff])).toContainEqual([
      "Deployment",
      "waits until Gadget operator/g is gone",
    ]);
    const waiting = await bench().pass(app, { accepts, clock: impatient(bench()) });
    expect(deletions(from)).toEqual(["g"]);
    expect(waiting.pass.held).toBeUndefined();
    await bench().hand(within(app, resource()), { method: "MERGE" });
    await bench().hand(
      within(app, { ...resource(), metadata: { name: "g", finalizers: [] as string[] } }),
    );
    const last = await bench().pass(app);
    expect(last.pass.held).toBeUndefined();
    expect(deletions(from)).toEqual(["g", "op", "op", "gadgets.one.example.com"]);
    await bench().pass(app);
    expect(await bench().tracked(app)).toEqual([
      ...stays.map((each) => `ConfigMap/${each.metadata.name}`),
      "Deployment/web",
    ]);
  });
});

describe("P-81: an operator that cleans up at once", () => {
  it("goes in the same pass, and nothing is left to look for although the kind is gone, too (A-114)", async () => {
    const app = "swift";
    const { definition, resource } = custom("swift.example.com");
    const all = [definition, resource(), deployment("op"), deployment("web")];
    await bench().sync(app, [...all, ...stays]);
    await bench().pass(app);
    await bench().hand(within(app, resource(["example.com/cleanup"])));
    bench().declare(app, { objects: [deployment("web"), ...stays] });
    const { clock } = bench().world.ports;
    const cleaned = within(app, { ...resource(), metadata: { name: "g", finalizers: [] } });
    const cleaning = {
      ...clock,
      sleep: async () => {
        if ((await bench().get(cleaned)) !== undefined) await bench().hand(cleaned);
      },
    };
    const { done } = await letting(app, { clock: cleaning });
    expect(outcomes(done)).toMatchObject({
      "Gadget/g": "deleted",
      "CustomResourceDefinition/gadgets.swift.example.com": "deleted",
    });
    expect(await bench().tracked(app)).not.toContain("Gadget/g");
    const last = await bench().pass(app);
    expect(last.pass.results.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(await bench().tracked(app)).toHaveLength(stays.length + 1);
  });

  it("a resource that went with its kind is not an error for as long as discovery is old", async () => {
    const app = "old";
    const { definition, resource } = custom("old.example.com");
    await bench().sync(app, [definition, resource(), ...stays]);
    await bench().pass(app);
    await bench().hand(definition, { method: "DELETE" });
    const old = { ...bench().world.discovery };
    bench().declare(app, { objects: stays });
    bench().world.discovery = old;
    const done = await bench().pass(app);
    expect(done.pass.results.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(await bench().tracked(app)).toHaveLength(stays.length);
  });
});

describe("P-31, P-11: a deletion that is refused", () => {
  const denied = new ApiError({
    status: 403,
    reason: "Forbidden",
    message: 'admission webhook "keep" denied the request',
    causes: [],
    indeterminate: false,
  });
  const refusing = (name: string): ClusterClient => {
    const { client } = bench().world.cluster;
    return {
      ...client,
      delete: (ref, ...rest) =>
        ref.name === name ? Promise.reject(denied) : client.delete(ref, ...rest),
    };
  };

  it("keeps its entry, takes nothing from the others, and is tried again (case 57)", async () => {
    const app = "refused";
    await bench().sync(app, [configMap("a"), configMap("b"), ...stays]);
    bench().declare(app, { objects: stays });
    const done = await bench().pass(app, { client: refusing("a") });
    expect(outcomes(done)).toMatchObject({ "ConfigMap/a": "failed", "ConfigMap/b": "deleted" });
    expect((await bench().inventory(app))?.entries.get(`${app}_a__ConfigMap`)).toMatchObject({
      state: "stale",
      why: expect.stringContaining("denied"),
    });
    expect(outcomes(await bench().pass(app))).toMatchObject({ "ConfigMap/a": "deleted" });
    expect(await bench().tracked(app)).not.toContain("ConfigMap/a");
  });

  it("that a person let through is not asked about again", async () => {
    const app = "asked";
    const many = Array.from({ length: 6 }, (_none, index) => configMap(`m${index}`));
    await bench().sync(app, [...many, ...stays.slice(0, 3)]);
    bench().declare(app, { objects: stays.slice(0, 3) });
    const { held } = await letting(app, { client: refusing("m0") });
    expect(held.pass.held).toMatchObject({ reason: "PruneGuard" });
    const again = await bench().pass(app);
    expect(again.pass.held).toBeUndefined();
    expect(outcomes(again)).toMatchObject({ "ConfigMap/m0": "deleted" });
  });

  it("is asked about again when somebody has protected it since", async () => {
    const app = "protected";
    const many = Array.from({ length: 6 }, (_none, index) => configMap(`m${index}`));
    await bench().sync(app, [...many, ...stays.slice(0, 3)]);
    bench().declare(app, { objects: stays.slice(0, 3) });
    await letting(app, { client: refusing("m0") });
    const annotations = { "holdfast.dev/prune": "disabled" };
    await bench().hand(within(app, obj("ConfigMap", "m0", {}, { annotations })));
    expect((await bench().pass(app)).pass.held).toMatchObject({ reason: "ProtectedKind" });
    expect((await bench().get(within(app, configMap("m0"))))?.metadata.annotations).toHaveProperty(
      "holdfast.dev/owner",
    );
  });

  it("is asked about again once it is declared in between, or by another change", async () => {
    const app = "again";
    const many = Array.from({ length: 6 }, (_none, index) => configMap(`m${index}`));
    await bench().sync(app, [...many, ...stays.slice(0, 3)]);
    bench().declare(app, { objects: stays.slice(0, 3) });
    const all = { ...bench().world.cluster.client, delete: () => Promise.reject(denied) };
    await letting(app, { client: all });
    await bench().sync(app, [...many, ...stays.slice(0, 3)]);
    expect((await bench().sync(app, stays.slice(0, 3))).pass.held).toMatchObject({
      reason: "PruneGuard",
    });
    const other = await bench().sync(app, [...stays.slice(0, 3), configMap("new")]);
    expect(other.pass.held).toMatchObject({ reason: "PruneGuard" });
  });
});

describe("O-14", () => {
  it("a wave is gone before the one below it begins", async () => {
    const app = "waves";
    const wave = (name: string, at: number, more: object = {}) =>
      obj(
        "ConfigMap",
        name,
        { data: {} },
        { annotations: { "holdfast.dev/wave": String(at) }, ...more },
      );
    await bench().sync(app, [wave("first", 0), wave("second", 1), ...stays]);
    await bench().pass(app);
    await bench().hand(
      within(app, obj("ConfigMap", "second", {}, { finalizers: ["example.com/x"] })),
    );
    bench().declare(app, { objects: stays });
    const from = bench().mark;
    await bench().pass(app, { clock: impatient(bench()) });
    expect(deletions(from)).toEqual(["second"]);
    await bench().hand(within(app, obj("ConfigMap", "second", {}, { finalizers: null })));
    await bench().pass(app);
    expect(deletions(from)).toEqual(["second", "first"]);
  });
});
