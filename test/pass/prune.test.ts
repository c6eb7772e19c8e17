import { describe, expect, it } from "vitest";
import { ApiError } from "../../agent/cluster/errors.ts";
import { removedUnit } from "../../agent/follow/removed-unit.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { planDigest } from "../../agent/plan/guard.ts";
import { testHasher } from "../doubles/ports.ts";
import {
  type Bench,
  configMap,
  deployment,
  obj,
  outcomes,
  sharedBench,
  until,
  within,
} from "./bench.ts";

const stale = new Set<string>();
const bench = sharedBench({ staleGroups: stale });

function maps(count: number): KubeObject[] {
  return Array.from({ length: count }, (_each, index) => configMap(`c${index}`));
}

async function names(of: Bench, app: string, objects: readonly KubeObject[]) {
  const found = await Promise.all(objects.map((object) => of.get(within(app, object))));
  return found.flatMap((object) => object?.metadata.name ?? []);
}

const withAnnotation = (name: string, key: string, value: string) =>
  obj("ConfigMap", name, { data: {} }, { annotations: { [key]: value } });

describe("what a commit drops", () => {
  it("is deleted, by uid and resourceVersion, and leaves the record", async () => {
    const app = "drop";
    const all = maps(5);
    await bench().sync(app, all);
    const from = bench().mark;
    const done = await bench().sync(app, all.slice(1));
    expect(outcomes(done)).toMatchObject({ "ConfigMap/c0": "deleted" });
    expect(
      bench()
        .writesSince(from)
        .filter((one) => one.startsWith("DELETE")),
    ).toHaveLength(1);
    expect(await names(bench(), app, all)).toEqual(["c1", "c2", "c3", "c4"]);
    expect(await bench().tracked(app)).toEqual([
      "ConfigMap/c1",
      "ConfigMap/c2",
      "ConfigMap/c3",
      "ConfigMap/c4",
    ]);
    expect(bench().events).toContainEqual(
      expect.objectContaining({ type: "change", app, action: "delete" }),
    );
  });

  it("P-16, P-14: a rename waits until what the same commit made is healthy; then the old one goes (O06)", async () => {
    const app = "rename";
    const { server } = bench();
    void server;
    await bench().sync(app, [deployment("old"), ...maps(3)]);
    const first = await bench().sync(app, [deployment("new"), ...maps(3)]);
    expect(outcomes(first)).toMatchObject({ "Deployment/new": "created" });
    expect(outcomes(first)).not.toHaveProperty("Deployment/old");
    expect((await bench().inventory(app))?.entries.get(`${app}_old_apps_Deployment`)?.state).toBe(
      "stale",
    );
    await bench().watch();
    await until(
      async () => "Deployment/old" in outcomes(await bench().pass(app)),
      "the old one's end",
    );
    expect(await names(bench(), app, [deployment("old"), deployment("new")])).toEqual(["new"]);
  });

  it("P-50: too much is held, and the rest goes on; accept lets exactly that through, once", async () => {
    const app = "much";
    const all = maps(8);
    await bench().sync(app, all);
    const next = [...all.slice(5), configMap("extra")];
    const held = await bench().sync(app, next);
    expect(held.pass.held).toMatchObject({ reason: "PruneGuard", plan: expect.any(String) });
    expect(outcomes(held)).toMatchObject({ "ConfigMap/extra": "created" });
    expect(await names(bench(), app, all)).toHaveLength(8);
    expect(bench().events).toContainEqual(
      expect.objectContaining({ type: "prune-blocked", app, reason: "PruneGuard" }),
    );
    const plan = held.pass.held?.plan ?? "";
    const accepts = async () => [{ by: "plan", key: "request:1", plan } as const];
    const wrong = await bench().pass(app, {
      accepts: async () => [{ by: "plan", key: "request:0", plan: "0".repeat(12) } as const],
    });
    expect(wrong.pass.held).toBeDefined();
    const done = await bench().pass(app, { accepts });
    expect(done.pass.held).toBeUndefined();
    expect(await names(bench(), app, all)).toEqual(["c5", "c6", "c7"]);
    expect((await bench().inventory(app))?.accepts).toEqual(["request:1"]);
    await bench().sync(app, all);
    const again = await bench().sync(app, next, { accepts });
    expect(again.pass.held).toBeDefined();
  });

  it("P-52: a commit whose deletions wait or are held is not yet the applied one, so that its trailer counts", async () => {
    const app = "trailer";
    const all = maps(8);
    const first = await bench().sync(app, all);
    expect((await bench().inventory(app))?.commit).toBe(first.pass.attempted?.id);
    await bench().sync(app, all.slice(5));
    expect((await bench().inventory(app))?.commit).toBe(first.pass.attempted?.id);
    await bench().sync(app, [...all.slice(1), deployment("slow")]);
    expect((await bench().inventory(app))?.commit).toBe(first.pass.attempted?.id);
    await bench().watch();
    await until(async () => "ConfigMap/c0" in outcomes(await bench().pass(app)), "pruned");
    expect((await bench().inventory(app))?.commit).not.toBe(first.pass.attempted?.id);
  });

  it("P-46: prune.enabled: false keeps it, as stale, and is no reason to call the commit unapplied", async () => {
    const app = "kept";
    await bench().sync(app, maps(3));
    const unit = { prune: { enabled: false, maxShare: 0.2 } };
    bench().declare(app, { objects: maps(2), unit });
    const done = await bench().pass(app);
    expect(await names(bench(), app, maps(3))).toHaveLength(3);
    expect((await bench().inventory(app))?.entries.get(`${app}_c2__ConfigMap`)?.state).toBe(
      "stale",
    );
    expect((await bench().inventory(app))?.commit).toBe(done.pass.attempted?.id);
  });

  it("R07: an empty render is held", async () => {
    const app = "empty";
    await bench().sync(app, maps(2));
    expect((await bench().sync(app, [])).pass.held).toMatchObject({ reason: "EmptyRender" });
    expect(await names(bench(), app, maps(2))).toHaveLength(2);
  });

  it("P-86: what something still names stays, and goes once nothing does", async () => {
    const app = "mounted";
    const web = (config: string): KubeObject => {
      const labels = { app: "web" };
      const volumes = [{ name: "c", configMap: { name: config } }];
      const spec = { containers: [{ name: "web", image: "web" }], volumes };
      const template = { metadata: { labels }, spec };
      return obj("Deployment", "web", { spec: { selector: { matchLabels: labels }, template } });
    };
    const others = maps(3);
    await bench().sync(app, [web("conf"), configMap("conf"), ...others]);
    await bench().watch();
    await until(async () => {
      const done = await bench().sync(app, [web("conf"), ...others]);
      return outcomes(done)["ConfigMap/conf"] === "skipped";
    }, "judged");
    expect(await names(bench(), app, [configMap("conf")])).toEqual(["conf"]);
    expect((await bench().inventory(app))?.entries.get(`${app}_conf__ConfigMap`)).toMatchObject({
      state: "stale",
      why: expect.stringContaining("Deployment mounted/web"),
    });
  });

  it("P-86: also while a person holds the live object that names it", async () => {
    const app = "glass";
    const pod = (config: string): KubeObject =>
      obj("PodTemplate", "web", {
        template: {
          metadata: { labels: { a: "b" } },
          spec: {
            containers: [{ name: "web", image: "web" }],
            volumes: [{ name: "c", configMap: { name: config } }],
          },
        },
      });
    const others = maps(3);
    await bench().sync(app, [pod("one"), configMap("one"), configMap("two"), ...others]);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const annotations = { "holdfast.dev/hold-until": until };
    await bench().hand(within(app, obj("PodTemplate", "web", {}, { annotations })));
    const done = await bench().sync(app, [pod("two"), configMap("two"), ...others]);
    expect(outcomes(done)).toMatchObject({
      "PodTemplate/web": "reported",
      "ConfigMap/one": "skipped",
    });
    expect(await names(bench(), app, [configMap("one")])).toEqual(["one"]);
  });
});

describe("what is not deleted", () => {
  it("O12: without our mark: let alone, and still on record", async () => {
    const app = "unmarked";
    await bench().sync(app, maps(4));
    const annotations = { "holdfast.dev/owner": null };
    await bench().hand(within(app, obj("ConfigMap", "c0", {}, { annotations })));
    const done = await bench().sync(app, maps(4).slice(1));
    expect(outcomes(done)).toMatchObject({ "ConfigMap/c0": "skipped" });
    expect(await names(bench(), app, maps(1))).toEqual(["c0"]);
    expect(await bench().tracked(app)).toContain("ConfigMap/c0");
  });

  it("O11: another object of that name, made meanwhile", async () => {
    const app = "replaced";
    await bench().sync(app, maps(4));
    const old = await bench().get(within(app, configMap("c0")));
    await bench().hand(within(app, configMap("c0")), { method: "DELETE" });
    const { labels = {}, annotations = {} } = old?.metadata ?? {};
    const copy = obj("ConfigMap", "c0", {}, { labels, annotations });
    await bench().hand(within(app, copy), { method: "POST" });
    await bench().sync(app, maps(4).slice(1));
    expect(await names(bench(), app, maps(1))).toEqual(["c0"]);
    expect(await bench().tracked(app)).not.toContain("ConfigMap/c0");
  });

  it("O11: nor one that is replaced between our look and our DELETE", async () => {
    const app = "swapped";
    await bench().sync(app, maps(4));
    const { client } = bench().world.cluster;
    const swapping: typeof client = {
      ...client,
      delete: async (...call) => {
        await bench().hand(within(app, configMap("c0")), { method: "DELETE" });
        await bench().hand(within(app, configMap("c0")), { method: "POST" });
        return client.delete(...call);
      },
    };
    await bench().sync(app, maps(4).slice(1), { client: swapping });
    expect(await names(bench(), app, maps(1))).toEqual(["c0"]);
  });

  it("O16, P-21: prune: disabled is held; accept releases it: mark and labels go, the object stays", async () => {
    const app = "release";
    const kept = withAnnotation("kept", "holdfast.dev/prune", "disabled");
    await bench().sync(app, [kept, ...maps(4)]);
    const held = await bench().sync(app, maps(4));
    expect(held.pass.held).toMatchObject({ reason: "ProtectedKind" });
    const plan = held.pass.held?.plan ?? "";
    const accepts = async () => [{ by: "plan", key: "k", plan } as const];
    const done = await bench().pass(app, { accepts });
    expect(outcomes(done)).toMatchObject({ "ConfigMap/kept": "released" });
    const live = await bench().get(within(app, kept));
    expect(live?.metadata.annotations).toEqual({ "holdfast.dev/prune": "disabled" });
    expect(live?.metadata.labels ?? {}).toEqual({});
    expect(await bench().tracked(app)).not.toContain("ConfigMap/kept");
  });

  it("O34: reconcile: disabled in Git only, then dropped: stays", async () => {
    const app = "off";
    await bench().sync(app, [configMap("web"), ...maps(3)]);
    await bench().sync(app, [
      withAnnotation("web", "holdfast.dev/reconcile", "disabled"),
      ...maps(3),
    ]);
    const done = await bench().sync(app, maps(3));
    expect(outcomes(done)).toMatchObject({ "ConfigMap/web": "skipped" });
    expect(await names(bench(), app, [configMap("web")])).toEqual(["web"]);
  });

  it("4.5-6: a namespace in which another app has something, declared or not yet pruned", async () => {
    const space = obj("Namespace", "common");
    await bench().sync("landlord", [space, ...maps(4)]);
    const inside = within("common", configMap("x"));
    await bench().sync("tenant", [inside, ...maps(4)]);
    const all = async () => {
      const held = await bench().sync("landlord", maps(4));
      const plan = held.pass.held?.plan ?? "";
      return bench().pass("landlord", {
        accepts: async () => [{ by: "plan", key: plan, plan } as const],
      });
    };
    expect(outcomes(await all())).toMatchObject({ "Namespace/common": "skipped" });
    bench().declare("tenant", {
      objects: maps(4),
      unit: { prune: { enabled: false, maxShare: 0.2 } },
    });
    await bench().pass("tenant");
    expect(outcomes(await all())).toMatchObject({ "Namespace/common": "skipped" });
    expect(await bench().get(inside)).toBeDefined();
  });

  it("P-40: what belongs to a group that does not answer", async () => {
    const app = "group";
    const role = obj("Role", "r", { rules: [] });
    await bench().sync(app, [role, ...maps(4)]);
    stale.add("rbac.authorization.k8s.io");
    await bench().ports().refreshDiscovery(new AbortController().signal);
    const from = bench().mark;
    await bench().sync(app, maps(4));
    expect(
      bench()
        .writesSince(from)
        .filter((one) => one.startsWith("DELETE")),
    ).toEqual([]);
    expect(await bench().tracked(app)).toContain("Role/r");
    const declared = await bench().sync(app, [role, ...maps(4)]);
    expect(outcomes(declared)).toMatchObject({ "Role/r": "failed" });
    stale.clear();
    await bench().ports().refreshDiscovery(new AbortController().signal);
    await bench().sync(app, maps(4));
    expect(await bench().get(within(app, role))).toBeUndefined();
  });

  it("P-41: and no accept is used up for it", async () => {
    const app = "half-read";
    await bench().sync(app, maps(8));
    const held = await bench().sync(app, maps(8).slice(6));
    const plan = held.pass.held?.plan ?? "";
    const { client } = bench().world.cluster;
    const get: typeof client.get = (ref, signal) =>
      client.get(ref.name === "c0" ? { ...ref, kind: "Nonsense" } : ref, signal);
    const [, ...read] = held.pass.held?.deletions ?? [];
    const partly = planDigest(read, testHasher);
    const accepts = async () => [
      { by: "plan", key: "whole", plan } as const,
      { by: "plan", key: "partly", plan: partly } as const,
    ];
    await bench().pass(app, { client: { ...client, get }, accepts });
    expect((await bench().inventory(app))?.accepts).toEqual([]);
    await bench().pass(app, { accepts });
    expect((await bench().inventory(app))?.accepts).toEqual(["whole"]);
  });

  it("P-42: anything at all, while one object cannot be written, however healthy it is", async () => {
    const app = "denied";
    await bench().sync(app, maps(6));
    const { client } = bench().world.cluster;
    const failure = {
      status: 403,
      reason: "Forbidden",
      message: "no",
      causes: [],
      indeterminate: false,
    };
    const denied: typeof client = { ...client, apply: () => Promise.reject(new ApiError(failure)) };
    const next = [configMap("c1", { a: "2" }), ...maps(6).slice(2)];
    const done = await bench().sync(app, next, { client: denied });
    expect(outcomes(done)).toMatchObject({ "ConfigMap/c1": "failed" });
    expect(outcomes(done)).not.toHaveProperty("ConfigMap/c0");
    await bench().pass(app);
    expect(await names(bench(), app, maps(1))).toEqual([]);
  });

  it("P-41: anything at all, while one of the set cannot be read", async () => {
    const app = "unread";
    await bench().sync(app, maps(6));
    const { client } = bench().world.cluster;
    const blind: typeof client = {
      ...client,
      get: (ref, signal) =>
        ref.name === "c0"
          ? client.get({ ...ref, kind: "Nonsense" }, signal)
          : client.get(ref, signal),
    };
    const done = await bench().sync(app, maps(6).slice(2), { client: blind });
    expect(outcomes(done)).toMatchObject({ "ConfigMap/c0": "failed" });
    expect(await names(bench(), app, maps(2))).toEqual(["c0", "c1"]);
    await bench().pass(app);
    expect(await names(bench(), app, maps(2))).toEqual([]);
  });

  it("P-11, O10: a refused DELETE keeps the entry, and is tried again", async () => {
    const app = "refused";
    await bench().sync(app, maps(4));
    const { client } = bench().world.cluster;
    const refusing: typeof client = {
      ...client,
      delete: (...[ref, over, options, signal]) =>
        client.delete(ref, { ...over, uid: "another" }, options, signal),
    };
    const done = await bench().sync(app, maps(4).slice(1), { client: refusing });
    expect(outcomes(done)).toMatchObject({ "ConfigMap/c0": "failed" });
    expect(await bench().tracked(app)).toContain("ConfigMap/c0");
    await bench().pass(app);
    expect(await bench().tracked(app)).not.toContain("ConfigMap/c0");
  });
});

it("O09: with finalizers: tracked as deleting, DELETE sent once, no polling; gone, it is forgotten", async () => {
  const app = "stuck";
  await bench().sync(app, maps(4));
  await bench().hand(within(app, obj("ConfigMap", "c0", {}, { finalizers: ["example.com/wait"] })));
  const from = bench().mark;
  const first = await bench().sync(app, maps(4).slice(1));
  expect(first.again).toBe(true);
  expect(first.pass.deleting).toEqual([
    expect.objectContaining({ finalizers: ["example.com/wait"] }),
  ]);
  const second = await bench().pass(app);
  expect(second.again).toBe(false);
  expect(second.dueMs).toBeGreaterThan(Date.now() + 30_000);
  expect(
    bench()
      .writesSince(from)
      .filter((one) => one.startsWith("DELETE")),
  ).toHaveLength(1);
  expect((await bench().inventory(app))?.entries.get(`${app}_c0__ConfigMap`)?.state).toBe(
    "deleting",
  );
  await bench().hand(within(app, obj("ConfigMap", "c0", {}, { finalizers: null })));
  await bench().pass(app);
  expect(await bench().tracked(app)).not.toContain("ConfigMap/c0");
});

describe("the record itself", () => {
  it("O13, P-19: lost, it is rebuilt from marks; what is undeclared waits for an accept", async () => {
    const app = "amnesia";
    await bench().sync(app, maps(5));
    await bench().world.cluster.inventories.remove(app, new AbortController().signal);
    bench().restart();
    bench().looksForMarks = true;
    const held = await bench().sync(app, maps(4));
    bench().looksForMarks = false;
    expect(held.pass.held).toMatchObject({ reason: "InventoryLost" });
    expect(await bench().tracked(app)).toHaveLength(5);
    expect(await names(bench(), app, maps(5))).toHaveLength(5);
    const plan = held.pass.held?.plan ?? "";
    await bench().pass(app, { accepts: async () => [{ by: "plan", key: "k", plan } as const] });
    expect(await names(bench(), app, maps(5))).toHaveLength(4);
  });

  it("O14: forged entries delete nothing", async () => {
    const app = "forged";
    await bench().sync(app, maps(4));
    const foreign = within("kube-system", configMap("precious"));
    await bench().hand(foreign, { method: "POST" });
    const live = await bench().get(foreign);
    const { inventories } = bench().world.cluster;
    const stored = await inventories.read(app, new AbortController().signal);
    const [entry] = stored?.value.entries.values() ?? [];
    if (stored === undefined || entry === undefined) throw new Error("no inventory");
    const ref = { ...entry.ref, namespace: "kube-system", name: "precious" };
    const forged = { ...entry, ref, uid: live?.metadata.uid ?? "" };
    const entries = new Map([...stored.value.entries, ["kube-system_precious__ConfigMap", forged]]);
    await inventories.write(
      { ...stored.value, entries },
      stored.resourceVersion,
      new AbortController().signal,
    );
    await bench().pass(app);
    expect(await bench().get(foreign)).toBeDefined();
  });

  it("O28, P-12: of another cluster: nothing is written, until a person accepts", async () => {
    const app = "restored";
    await bench().sync(app, maps(3));
    const installation = { ...bench().world.cluster.installation, clusterUid: "another" };
    const from = bench().mark;
    await expect(bench().pass(app, { installation })).rejects.toMatchObject({
      reason: "ClusterReplaced",
    });
    expect(bench().writesSince(from)).toEqual([]);
    const done = await bench().pass(app, { installation, takeOver: true });
    expect(Object.values(outcomes(done))).toEqual(["unchanged", "unchanged", "unchanged"]);
    expect(await bench().inventory(app)).toMatchObject({ clusterUid: "another" });
  });

  it("P-13: somebody wrote it meanwhile: the pass ends before any object", async () => {
    const app = "twice";
    await bench().sync(app, maps(2));
    const { client } = bench().world.cluster;
    const raced: typeof client = {
      ...client,
      replace: async (object, sub, signal) => {
        const { namespace = "", name } = object.metadata;
        const note = obj("ConfigMap", name, { data: { note: "x" } }, { namespace });
        await bench().hand(note);
        return client.replace(object, sub, signal);
      },
    };
    const next = bench().sync(app, [...maps(2), configMap("new")], { client: raced });
    await expect(next).rejects.toMatchObject({ failure: { status: 409 } });
    expect(await names(bench(), app, [configMap("new")])).toEqual([]);
  });
});

describe("a unit that Git no longer has (P-72, P-73)", () => {
  const gone = async (app: string, how: "hold" | "delete" | "orphan", more: object = {}) => {
    const slot = bench().slot(app);
    const removal = { how, reason: "AppRemoved", why: "its app file is gone" } as const;
    slot.removal = removal;
    const manifests = removedUnit(bench().world, { ...slot, commit: slot.manifests?.commit });
    if (manifests === undefined) throw new Error("no commit");
    return bench().pass(app, { removal, manifests, unit: manifests.unit, ...more });
  };

  it("hold: nothing goes, until a person accepts; then inventory and all", async () => {
    const app = "removed-hold";
    await bench().sync(app, maps(4));
    const held = await gone(app, "hold");
    expect(held.pass.held).toMatchObject({ reason: "AppRemoved" });
    expect(await names(bench(), app, maps(4))).toHaveLength(4);
    const plan = held.pass.held?.plan ?? "";
    await gone(app, "hold", { accepts: async () => [{ by: "plan", key: "k", plan } as const] });
    expect(await names(bench(), app, maps(4))).toEqual([]);
    expect(await bench().inventory(app)).toBeUndefined();
  });

  it("delete: all goes, in reverse order", async () => {
    const app = "removed-delete";
    await bench().sync(app, [configMap("a"), deployment("web"), obj("ServiceAccount", "s")]);
    const from = bench().mark;
    await gone(app, "delete");
    const order = bench()
      .writesSince(from)
      .filter((one) => one.startsWith("DELETE"));
    expect(order[0]).toContain("/deployments/web");
    expect(order).toHaveLength(4);
    expect(order.at(-1)).toContain("holdfast-inventory");
    expect(await bench().inventory(app)).toBeUndefined();
  });

  it("delete: but what is protected is asked for", async () => {
    const app = "removed-claim";
    const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    const claim = obj("PersistentVolumeClaim", "data", { spec });
    await bench().sync(app, [claim, ...maps(2)]);
    expect((await gone(app, "delete")).pass.held).toMatchObject({ reason: "ProtectedKind" });
    expect(await names(bench(), app, [claim, ...maps(2)])).toHaveLength(3);
  });

  it("orphan: all is let go, and stays", async () => {
    const app = "removed-orphan";
    await bench().sync(app, maps(3));
    const done = await gone(app, "orphan");
    expect(Object.values(outcomes(done))).toEqual(["released", "released", "released"]);
    expect(await names(bench(), app, maps(3))).toHaveLength(3);
    const live = await bench().get(within(app, configMap("c0")));
    expect(live?.metadata.annotations ?? {}).not.toHaveProperty("holdfast.dev/owner");
    expect(await bench().inventory(app)).toBeUndefined();
  });
});
