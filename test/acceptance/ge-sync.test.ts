import { describe, expect, it } from "vitest";
import type { ClusterClient } from "../../agent/cluster/client.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { configMap, obj, outcomes, sharedBench, until, widgets, within } from "../pass/bench.ts";
import { failures, hook } from "../pass/order-cases.ts";
import {
  accepting,
  alive,
  deletesSince,
  makeNamespace,
  refusal,
  rest,
  withAnnotations,
} from "./scene.ts";

/** A policy guards what is called `guarded`. */
const bench = sharedBench({
  admit: ({ operation, name }) =>
    operation === "DELETE" && name === "guarded"
      ? { deny: 'admission webhook "guard" denied the request: not today', code: 403 }
      : undefined,
});

describe("acceptance GE: one pass", () => {
  it("1 Missing app namespace created before any dry-run (A-92)", async () => {
    const app = "ge1";
    const from = bench().mark;
    // Hooks make creates dry-run first, which in a missing namespace would be a 404.
    const done = await bench().sync(app, [hook("pre", "before"), configMap("c")]);
    const asked = bench().requestsSince(from);
    const made = asked.indexOf("POST /api/v1/namespaces");
    const firstDryRun = asked.findIndex((one) => one.endsWith("dry-run"));
    expect(made).toBeGreaterThan(-1);
    expect(firstDryRun).toBeGreaterThan(made);
    expect(failures(done)).toEqual([]);
  });

  it("2 CR with its CRD in one commit (A-7, A-100)", async () => {
    const app = "ge2";
    const wrong = obj("Widget", "wrong", { spec: { size: "large" } });
    const right = obj("Widget", "right", { spec: { size: 3 } });
    const done = await bench().sync(app, [wrong, right, widgets]);
    // Validated by the definition of the same commit, each for itself.
    expect(outcomes(done)).toEqual({
      "CustomResourceDefinition/widgets.example.com": "created",
      "Widget/right": "created",
      "Widget/wrong": "failed",
    });
    await bench().sync(app, [right, widgets]);
    const from = bench().mark;
    await bench().pass(app, { bypassProofs: true });
    expect(bench().writesSince(from)).toEqual([]);
  });

  it("4 Failing prune reported per object (P-31)", async () => {
    const app = "ge4";
    await bench().sync(app, [configMap("guarded"), configMap("other"), ...rest]);
    const done = await bench().sync(app, rest);
    expect(outcomes(done)).toMatchObject({
      "ConfigMap/guarded": "failed",
      "ConfigMap/other": "deleted",
    });
    expect(failures(done)).toEqual([expect.stringContaining("not today")]);
    expect(await alive(bench(), app, [configMap("guarded"), configMap("other")])).toEqual([
      "guarded",
    ]);
  });

  it("5 `prune: disabled`, `prune.enabled: false` keep objects (P-46, §4.4)", async () => {
    const kept = withAnnotations(configMap("kept"), { "holdfast.dev/prune": "disabled" });
    await bench().sync("ge5", [kept, ...rest]);
    await bench().sync("ge5", rest);
    await bench().pass("ge5");
    expect(await alive(bench(), "ge5", [kept])).toEqual(["kept"]);

    const unit = { prune: { enabled: false, maxShare: 0.2 } };
    await bench().sync("ge5-off", [configMap("a"), ...rest]);
    bench().declare("ge5-off", { objects: rest, unit });
    await bench().pass("ge5-off");
    expect(await alive(bench(), "ge5-off", [configMap("a")])).toEqual(["a"]);
    expect(await bench().tracked("ge5-off")).toContain("ConfigMap/a");
  });

  it("6 `Prune=confirm` held, named, freed by accept (P-50 c)", async () => {
    const app = "ge6";
    const option = { "argocd.argoproj.io/sync-options": "Prune=confirm" };
    await bench().sync(app, [withAnnotations(configMap("asked"), option), ...rest]);
    const held = await bench().sync(app, rest);
    expect(held.pass.held).toMatchObject({ reason: "ProtectedKind" });
    expect(held.pass.held?.deletions.map(({ name }) => name)).toEqual(["asked"]);
    expect(held.pass.held?.message).toContain("asked");
    await bench().pass(app, { accepts: accepting(held) });
    expect(await alive(bench(), app, [configMap("asked")])).toEqual([]);
  });

  it("8 `recreate` on Namespace or CRD refused (A-63)", async () => {
    const app = "ge8";
    const recreate = { "holdfast.dev/recreate": "enabled" };
    const space = withAnnotations(obj("Namespace", "ge8-space"), recreate);
    const gadgets = (scope: string): KubeObject => {
      const names = { plural: "gadgets", singular: "gadget", kind: "Gadget", listKind: "Gadgets" };
      const schema = { openAPIV3Schema: { type: "object" } };
      const versions = [{ name: "v1", served: true, storage: true, schema }];
      const spec = { group: "ge8.example.com", scope, names, versions };
      const made = obj("CustomResourceDefinition", "gadgets.ge8.example.com", { spec });
      return withAnnotations(made, recreate);
    };
    await bench().sync(app, [space, gadgets("Namespaced"), ...rest]);
    const { client } = bench().world.cluster;
    const immutable = refusal(422, "refused", [{ field: "spec.x", message: "field is immutable" }]);
    const fixed: ClusterClient = {
      ...client,
      dryRun: (object, ...more) =>
        object.kind === "Namespace" ? Promise.reject(immutable) : client.dryRun(object, ...more),
    };
    const labels = { changed: "yes" };
    const changed = { ...space, metadata: { ...space.metadata, labels } };
    const from = bench().mark;
    const done = await bench().sync(app, [changed, gadgets("Cluster"), ...rest], { client: fixed });
    expect(outcomes(done)).toMatchObject({
      "Namespace/ge8-space": "failed",
      "CustomResourceDefinition/gadgets.ge8.example.com": "failed",
    });
    expect(deletesSince(bench(), from)).toEqual([]);
  });

  it("28 RBAC in a missing namespace fails alone (A-92)", async () => {
    const app = "ge28";
    const role = within("ge28-nowhere", obj("Role", "reader", { rules: [] }));
    const done = await bench().sync(app, [role, obj("Role", "here", { rules: [] }), ...rest]);
    expect(outcomes(done)).toMatchObject({
      "Role/reader": "failed",
      "Role/here": "created",
      "ConfigMap/rest0": "created",
    });
    expect(failures(done)).toEqual([
      expect.stringMatching(/^NamespaceUnavailable: .*ge28-nowhere/),
    ]);
    await makeNamespace(bench(), "ge28-nowhere");
    expect(outcomes(await bench().pass(app))).toMatchObject({ "Role/reader": "created" });
  });

  it("29 Events during a pass: no deadlock (D-13)", async () => {
    const app = "ge29";
    await bench().sync(app, rest);
    await bench().watch();
    const { client } = bench().world.cluster;
    let edits = 0;
    const busy: ClusterClient = {
      ...client,
      apply: async (object, ...more) => {
        const done = await client.apply(object, ...more);
        edits += 1;
        await bench().hand(within(app, configMap("rest0", { a: `edit ${edits}` })));
        return done;
      },
    };
    const next = rest.slice(1).map(({ metadata: { name } }) => configMap(name, { a: "2" }));
    await bench().sync(app, [configMap("rest0"), ...next], { client: busy });
    expect(edits).toBe(7);
    await until(async () => {
      await bench().pass(app);
      const live = await bench().get(within(app, configMap("rest0")));
      return (live?.["data"] as { a?: string } | undefined)?.a === "1";
    }, "what was edited meanwhile is healed");
  });
});
