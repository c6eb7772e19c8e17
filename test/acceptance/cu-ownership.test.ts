import { describe, expect, it } from "vitest";
import type { ClusterClient } from "../../agent/cluster/client.ts";
import { inventoryObject } from "../../agent/cluster/inventory.ts";
import { ownerAnnotation, ownerMark } from "../../agent/model/names.ts";
import { type KubeObject, refOf } from "../../agent/model/object.ts";
import {
  configMap,
  deployment,
  never,
  obj,
  outcomes,
  sharedBench,
  widgets,
  within,
} from "../pass/bench.ts";
import { annotated, failures } from "../pass/order-cases.ts";
import { inventory } from "../plan/builders.ts";
import { alive, deletesSince, makeNamespace, refusal, rest } from "./scene.ts";

const uids: { next: string | undefined } = { next: undefined };

/** Nobody ends or readies anything but the test; uids may repeat. */
const bench = sharedBench({ readyAfterMs: "never", uid: () => uids.next ?? crypto.randomUUID() });

const client = (more: Partial<ClusterClient>) => ({ ...bench().world.cluster.client, ...more });

const customKind = (group: string): KubeObject =>
  obj("CustomResourceDefinition", `widgets.${group}`, {
    spec: { ...(widgets["spec"] as object), group },
  });
const customObject = (group: string): KubeObject => ({
  ...obj("Widget", "w", { spec: { size: 1 } }),
  apiVersion: `${group}/v1`,
});

/** A mark as it lies on an object of that name. */
const mark = (installation: string, app: string, object: KubeObject) => ({
  [ownerAnnotation]: ownerMark(installation, app, refOf(object)),
});

describe("acceptance CU: whose it is", () => {
  it("68 Same UID under another group not pruned (4.5-5)", async () => {
    const [app, other] = ["cu68", "cu68-other"];
    const [older, newer] = ["older.cu68.example.com", "newer.cu68.example.com"];
    await bench().sync("cu68-kinds", [customKind(older), customKind(newer)]);
    await makeNamespace(bench(), "cu68-room");
    uids.next = "11111111-2222-3333-4444-666666666666";
    await bench().sync(app, [within("cu68-room", customObject(older)), ...rest]);
    await bench().sync(other, [within("cu68-room", customObject(newer))]);
    uids.next = undefined;
    const from = bench().mark;
    // Another app declares it under its new group.
    const done = await bench().sync(app, rest);
    expect(outcomes(done)).toMatchObject({ "Widget/w": "skipped" });
    expect(deletesSince(bench(), from)).toEqual([]);
    expect(await bench().tracked(app)).not.toContain("Widget/w");
    expect(await alive(bench(), "cu68-room", [customObject(older)])).toEqual(["w"]);
  });

  it("76 RBAC names with colon (§0.3)", async () => {
    const app = "cu76";
    const name = "system:node:reader";
    const group = "rbac.authorization.k8s.io";
    const roleRef = { apiGroup: group, kind: "Role", name };
    const both = [obj("Role", name, { rules: [] }), obj("RoleBinding", name, { roleRef })];
    await bench().sync(app, [...both, ...rest]);
    const ids = [...((await bench().inventory(app))?.entries.keys() ?? [])];
    expect(ids).toContain(`${app}_system__node__reader_${group}_RoleBinding`);
    bench().restart();
    const again = outcomes(await bench().pass(app));
    expect(again).toMatchObject({
      [`Role/${name}`]: "unchanged",
      [`RoleBinding/${name}`]: "unchanged",
    });
    const from = bench().mark;
    await bench().sync(app, rest);
    await bench().pass(app);
    expect(deletesSince(bench(), from).map(decodeURIComponent)).toEqual([name, name]);
    expect(await alive(bench(), app, both)).toEqual([]);
  });

  it("77 Adoption matrix of P-60", async () => {
    const app = "cu77";
    await makeNamespace(bench(), app);
    const { id } = bench().world.cluster.installation;
    await bench().sync("cu77-rival", [within(app, configMap("rivals"))]);
    const made = (name: string) => within(app, configMap(name, { a: "0" }));
    const elsewhere = inventory([], { installation: "nextdoor01" });
    await makeNamespace(bench(), "cu77-nextdoor");
    await bench().hand(inventoryObject(elsewhere, "cu77-nextdoor"), { method: "POST" });
    const marks: Readonly<Record<string, { annotations?: object; labels?: object }>> = {
      ours: { annotations: mark(id, app, made("ours")) },
      nobodys: {},
      copied: { annotations: mark(id, "cu77-rival", made("another-name")) },
      "left-by-an-app": { annotations: mark(id, "cu77-gone", made("left-by-an-app")) },
      "from-a-backup": { annotations: mark("nosuchinst", app, made("from-a-backup")) },
      installation: { annotations: mark(elsewhere.installation, app, made("installation")) },
      argo: { annotations: { "argocd.argoproj.io/tracking-id": "shop:/ConfigMap:a/b" } },
      flux: { labels: { "kustomize.toolkit.fluxcd.io/name": "shop" } },
      helm: { annotations: { "meta.helm.sh/release-name": "shop" } },
      kapp: { labels: { "kapp.k14s.io/app": "1234" } },
      owned: { annotations: { "config.k8s.io/owning-inventory": "1234" } },
      "apply-set": { labels: { "applyset.kubernetes.io/part-of": "applyset-1234-v1" } },
    };
    for (const [name, metadata] of Object.entries(marks)) {
      const object = within(app, obj("ConfigMap", name, { data: { a: "0" } }, metadata));
      await bench().hand(object, { method: "POST", manager: "kubectl" });
    }
    const names = [...Object.keys(marks), "rivals", "new"];
    const done = await bench().sync(
      app,
      names.map((name) => configMap(name)),
    );
    expect(outcomes(done)).toEqual({
      "ConfigMap/ours": "configured",
      "ConfigMap/nobodys": "adopted",
      "ConfigMap/copied": "adopted",
      "ConfigMap/left-by-an-app": "adopted",
      "ConfigMap/from-a-backup": "adopted",
      "ConfigMap/installation": "held",
      "ConfigMap/argo": "held",
      "ConfigMap/flux": "held",
      "ConfigMap/helm": "held",
      "ConfigMap/kapp": "held",
      "ConfigMap/owned": "held",
      "ConfigMap/apply-set": "held",
      "ConfigMap/rivals": "failed",
      "ConfigMap/new": "created",
    });
    for (const [name, outcome] of Object.entries(outcomes(done))) {
      const live = await bench().get(made(name.replace("ConfigMap/", "")));
      const isTheirs = outcome === "held";
      expect([name, live?.["data"]]).toEqual([name, { a: isTheirs ? "0" : "1" }]);
    }
    const taken = await bench().pass(app, { takeOver: true });
    expect(Object.values(outcomes(taken)).filter((one) => one === "held")).toEqual([]);
    expect(outcomes(taken)).toMatchObject({ "ConfigMap/rivals": "failed" });
  });

  it("77 Prune matrix of 4.5", async () => {
    const app = "cu77-prune";
    const { id } = bench().world.cluster.installation;
    const made = (name: string) => within(app, configMap(name));
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "rest0", uid: "u" };
    const marked = (text: string | null) => ({ annotations: { [ownerAnnotation]: text } });
    /** What happened to it since, and what becomes of it and its entry when Git drops it. */
    const happened: Readonly<
      Record<string, [object, "gone" | "stays", "forgotten" | "on record"]>
    > = {
      nothing: [{}, "gone", "forgotten"],
      unlabelled: [{ labels: null }, "gone", "forgotten"],
      unmarked: [marked(null), "stays", "on record"],
      "of-another-app": [
        { annotations: mark(id, "other", made("of-another-app")) },
        "stays",
        "forgotten",
      ],
      elsewhere: [{ annotations: mark("other", app, made("elsewhere")) }, "stays", "forgotten"],
      "copied-mark": [{ annotations: mark(id, app, made("another-name")) }, "stays", "on record"],
      "has-an-owner": [{ ownerReferences: [owner] }, "stays", "on record"],
      switched: [{ annotations: { "holdfast.dev/reconcile": "disabled" } }, "stays", "on record"],
    };
    const names = Object.keys(happened);
    await bench().sync(app, [...names.map((name) => configMap(name)), ...rest]);
    for (const [name, [metadata]] of Object.entries(happened)) {
      await bench().hand(within(app, obj("ConfigMap", name, {}, metadata)));
    }
    const done = await bench().sync(app, rest);
    expect(failures(done)).toEqual([]);
    const left = await alive(bench(), app, names.map(made));
    const tracked = await bench().tracked(app);
    const found = names.map((name) => [
      name,
      left.includes(name) ? "stays" : "gone",
      tracked.includes(`ConfigMap/${name}`) ? "on record" : "forgotten",
    ]);
    expect(found).toEqual(names.map((name) => [name, ...(happened[name] ?? []).slice(1)]));
  });

  it("78 Bad object beside good ones; read error; foreign inventory (A-6, P-41, P-12)", async () => {
    const app = "cu78";
    const bad = obj("Service", "bad", { spec: { ports: "none" } });
    const good = [configMap("a"), deployment("web"), ...rest];
    const done = await bench().sync(app, [bad, ...good]);
    expect(failures(done)).toEqual([expect.stringContaining("Service")]);
    expect(await alive(bench(), app, [bad, ...good])).toEqual(
      good.map(({ metadata }) => metadata.name),
    );

    const { get } = bench().world.cluster.client;
    const blind = client({
      get: (ref, signal) =>
        ref.name === "a" ? Promise.reject(refusal(403, "cannot read it")) : get(ref, signal),
    });
    const annotate = (object: KubeObject) => annotated(object, { changed: "yes" });
    const unread = await bench().sync(app, good.map(annotate), { client: blind });
    expect(failures(unread)).toEqual([expect.stringContaining("cannot read it")]);
    expect(outcomes(unread)).toMatchObject({
      "ConfigMap/a": "failed",
      "Deployment/web": "configured",
    });
    expect(
      (await bench().get(within(app, configMap("a"))))?.metadata.annotations,
    ).not.toHaveProperty("changed");

    const { inventories } = bench().world.cluster;
    const stored = await inventories.read(app, never);
    if (stored === undefined) throw new Error("no inventory");
    const foreign = { ...stored.value, installation: "elsewhere1" };
    await inventories.write(foreign, stored.resourceVersion, never);
    bench().restart();
    bench().declare(app, { objects: rest });
    const from = bench().mark;
    await expect(bench().pass(app)).rejects.toMatchObject({ reason: "ClusterReplaced" });
    expect(bench().writesSince(from)).toEqual([]);
  });
});
