import { describe, expect, it } from "vitest";
import type { InventoryEntry } from "../../agent/model/inventory.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { judgeDeletion, type PruneContext } from "../../agent/plan/prune.ts";
import { spare } from "../../agent/plan/spare.ts";
import { changeOf } from "../../agent/plan/verdict.ts";
import { entryOf, live, marked, nowMs, object, pruneContext } from "./builders.ts";

interface Case {
  readonly entry?: Partial<InventoryEntry>;
  readonly context?: Partial<PruneContext>;
}

/** The verdict on an object that Git has dropped and that lives as given. */
function judged(found: KubeObject, { entry, context }: Case = {}) {
  const read = { found: "object", object: found } as const;
  return judgeDeletion(entryOf(found, entry), read, pruneContext(context));
}

const web = object("ConfigMap", "web");
const ours = live(marked(web));
const letAlone = { verdict: "let-alone", forget: false };
const forgotten = { verdict: "let-alone", forget: true };

describe("who may delete what (4.5)", () => {
  it("all rules met: deleted, by exactly the version that was read", () => {
    const verdict = judged(ours);
    expect(verdict).toMatchObject({ verdict: "delete", guarded: undefined });
    expect(changeOf(verdict)).toMatchObject({
      action: "delete",
      version: "v1",
      over: { uid: "uid-web", resourceVersion: "7" },
    });
  });

  it("4.5-9: at the version at which it was read, also when the entry's is no longer served", () => {
    const beta = marked(object("Deployment", "web"));
    expect(changeOf(judged(live(beta), { entry: { version: "v1beta1" } }))).toMatchObject({
      version: "v1",
    });
  });

  it("4.5-1: an entry without UID is found first, and judged in the next pass (P-18)", () => {
    const { uid: _uid, ...intent } = entryOf(ours, { state: "intent" });
    const read = { found: "object", object: ours } as const;
    expect(judgeDeletion(intent, read, pruneContext())).toMatchObject({
      verdict: "wait",
      live: ours,
    });
  });

  it("4.5-1: another app that declares it keeps it", () => {
    const context = { declaredBy: () => "billing" };
    expect(judged(ours, { context })).toMatchObject({ verdict: "wait" });
  });

  it("4.5-2: 404 is done", () => {
    const read = { found: "nothing" } as const;
    expect(judgeDeletion(entryOf(ours), read, pruneContext())).toMatchObject(forgotten);
  });

  it("P-18: but not for a young intent, whose create may still be on its way", () => {
    const read = { found: "nothing" } as const;
    const since = (agoMs: number) => {
      const at = new Date(nowMs - agoMs).toISOString();
      const { uid: _uid, ...intent } = entryOf(ours, { state: "intent", since: at });
      return judgeDeletion(intent, read, pruneContext());
    };
    expect(since(89_000)).toMatchObject({ verdict: "wait" });
    expect(since(90_000)).toMatchObject(forgotten);
  });

  it("4.5-2: another UID is not ours", () => {
    expect(judged(live(marked(web), { uid: "new" }), { entry: { uid: "uid-web" } })).toMatchObject(
      forgotten,
    );
  });

  it("4.5-2: what is being deleted is waited for, with its finalizers", () => {
    const going = live(marked(web), { deletionTimestamp: "now", finalizers: ["a/b"] });
    expect(judged(going)).toMatchObject({
      verdict: "wait",
      why: expect.stringContaining("a/b"),
      live: going,
    });
  });

  it("4.5-3: without our mark it is let alone and stays on record", () => {
    expect(judged(live(web))).toMatchObject(letAlone);
  });

  it("4.5-3: a copied mark counts for nothing (O18)", () => {
    const { annotations } = marked(object("ConfigMap", "other")).metadata;
    expect(judged(live(web, { annotations: { ...annotations } }))).toMatchObject(letAlone);
  });

  it("P-18: an intent that turns out to be foreign, or nobody's, is dropped", () => {
    const { uid: _uid, ...intent } = entryOf(web, { state: "intent" });
    for (const found of [web, marked(web, "billing")]) {
      const read = { found: "object", object: live(found) } as const;
      expect(judgeDeletion(intent, read, pruneContext())).toMatchObject(forgotten);
    }
  });

  it.each([
    ["another app", marked(web, "billing")],
    ["another installation", marked(web, "shop", "elsewhere")],
  ])("P-63: the mark of %s: handed over, no longer ours", (_name, found) => {
    expect(judged(live(found))).toMatchObject(forgotten);
  });

  it("4.5-3: the namespace part of a mark does not count for what has none", () => {
    const role = object("ClusterRole", "web");
    const text = "inst0000ab/shop/rbac.authorization.k8s.io/ClusterRole/shop/web";
    const found = live(role, { annotations: { "holdfast.dev/owner": text } });
    expect(judged(found)).toMatchObject({ verdict: "delete" });
  });

  it("4.5-4: what has an owner is its owner's", () => {
    const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u" };
    expect(judged(live(marked(web), { ownerReferences: [owner] }))).toMatchObject(letAlone);
  });

  it("4.5-5: the UID of a declared object, under another group, is that object", () => {
    const context = { declaredUids: new Set(["uid-web"]) };
    expect(judged(ours, { context })).toMatchObject(forgotten);
  });

  it.each(["default", "kube-system", "kube-public", "holdfast-system"])(
    "4.5-6: the namespace %s is never deleted",
    (name) => {
      expect(judged(live(marked(object("Namespace", name))))).toMatchObject(letAlone);
    },
  );

  it("4.5-6: objects inside kube-system follow the ordinary rules", () => {
    const inside = object("ConfigMap", "web", {
      metadata: { name: "web", namespace: "kube-system" },
    });
    expect(judged(live(marked(inside)))).toMatchObject({ verdict: "delete" });
  });

  it("4.5-6: a namespace that holds a unit's objects stays", () => {
    const space = live(marked(object("Namespace", "shop")));
    const namespaceUsedBy = (name: string) => (name === "shop" ? "app billing" : undefined);
    expect(judged(space, { context: { namespaceUsedBy } })).toMatchObject({
      ...letAlone,
      why: expect.stringContaining("app billing"),
    });
    expect(judged(space)).toMatchObject({ verdict: "delete", guarded: "protected-kind" });
  });

  it("4.5-6, A-105, case 88: a CRD whose resources an app declares stays", () => {
    const crd = live(marked(object("CustomResourceDefinition", "widgets.example.com")));
    expect(judged(crd, { context: { crdUsedBy: () => "billing" } })).toMatchObject(letAlone);
    const own = object("Widget", "w", { apiVersion: "example.com/v1" });
    expect(judged(crd, { context: { objects: [own] } })).toMatchObject({ verdict: "wait" });
    expect(judged(crd)).toMatchObject({ verdict: "delete", guarded: "protected-kind" });
  });

  it("4.5-7: reconcile: disabled is never pruned, also if only Git ever said so (P-20)", () => {
    const annotations = { ...ours.metadata.annotations, "holdfast.dev/reconcile": "disabled" };
    expect(judged(live(web, { annotations }))).toMatchObject(letAlone);
    const entry = { protect: "holdfast.dev/reconcile: disabled" };
    expect(judged(ours, { entry })).toMatchObject(letAlone);
  });

  it("4.5-7: create-only is pruned (O34)", () => {
    const annotations = { ...ours.metadata.annotations, "holdfast.dev/create-only": "enabled" };
    expect(judged(live(web, { annotations }))).toMatchObject({
      verdict: "delete",
      guarded: undefined,
    });
  });

  it.each([
    ["holdfast.dev/prune", "disabled"],
    ["helm.sh/resource-policy", "keep"],
    ["cli-utils.sigs.k8s.io/on-remove", "keep"],
    ["argocd.argoproj.io/sync-options", "Validate=false, Prune=false"],
  ])("4.5-7, P-21: %s: %s is asked for, and then only released", (key, value) => {
    const verdict = judged(
      live(web, { annotations: { ...ours.metadata.annotations, [key]: value } }),
    );
    expect(verdict).toMatchObject({ verdict: "delete", guarded: "protected-object" });
    expect(changeOf(verdict)).toMatchObject({ action: "release" });
  });

  it("P-20: protection that never reached the live object counts (O16)", () => {
    const entry = { protect: "holdfast.dev/prune: disabled" };
    expect(judged(ours, { entry })).toMatchObject({ guarded: "protected-object" });
  });

  it("P-50 c: Argo's Prune=confirm asks, and then deletes", () => {
    const annotations = {
      ...ours.metadata.annotations,
      "argocd.argoproj.io/sync-options": "Prune=confirm",
    };
    const verdict = judged(live(web, { annotations }));
    expect(verdict).toMatchObject({ guarded: "confirm" });
    expect(changeOf(verdict)).toMatchObject({ action: "delete" });
    const entry = { protect: "argocd.argoproj.io/sync-options: Prune=confirm" };
    expect(judged(ours, { entry })).toMatchObject({ guarded: "confirm" });
  });

  it("P-19: what was only found by its mark is asked for", () => {
    expect(judged(ours, { entry: { state: "recovered" } })).toMatchObject({ guarded: "recovered" });
  });

  it("4.5-8: nothing of a group that does not answer is judged (P-40)", () => {
    const context = { unknownGroups: new Set([""]) };
    expect(judged(ours, { context })).toMatchObject({ verdict: "wait" });
    const gone = judgeDeletion(entryOf(ours), { found: "nothing" }, pruneContext(context));
    expect(gone).toMatchObject({ verdict: "wait" });
  });

  it("A-114: what is confirmed removed with its kind is gone", () => {
    const read = { found: "kind-removed" } as const;
    expect(judgeDeletion(entryOf(ours), read, pruneContext())).toMatchObject(forgotten);
  });

  it("P-41, P-43: no other answer is absence", () => {
    const failure = {
      status: 403,
      reason: "Forbidden",
      message: "no",
      causes: [],
      indeterminate: false,
    };
    const verdict = judgeDeletion(entryOf(ours), { found: "error", failure }, pruneContext());
    expect(verdict).toMatchObject({ verdict: "error" });
    expect(changeOf(verdict)).toMatchObject({ action: "fail" });
  });
});

describe("who still refers to it (P-86)", () => {
  const pod = (spec: unknown): KubeObject =>
    object("Deployment", "web", { spec: { template: { spec } } });
  const config = live(marked(object("ConfigMap", "conf")));
  const secret = live(marked(object("Secret", "key")));
  const account = live(marked(object("ServiceAccount", "robot")));

  it.each([
    ["a volume", config, { volumes: [{ configMap: { name: "conf" } }] }],
    ["envFrom", config, { containers: [{ envFrom: [{ configMapRef: { name: "conf" } }] }] }],
    [
      "a key of the environment",
      config,
      { containers: [{ env: [{ valueFrom: { configMapKeyRef: { name: "conf" } } }] }] },
    ],
    [
      "a projected volume",
      config,
      { volumes: [{ projected: { sources: [{ configMap: { name: "conf" } }] } }] },
    ],
    [
      "a secret in envFrom",
      secret,
      { containers: [{ envFrom: [{ secretRef: { name: "key" } }] }] },
    ],
    [
      "a secret's key",
      secret,
      { initContainers: [{ env: [{ valueFrom: { secretKeyRef: { name: "key" } } }] }] },
    ],
    ["a secret volume", secret, { volumes: [{ secret: { secretName: "key" } }] }],
    [
      "a projected secret",
      secret,
      { volumes: [{ projected: { sources: [{ secret: { name: "key" } }] } }] },
    ],
    ["imagePullSecrets", secret, { imagePullSecrets: [{ name: "key" }] }],
    ["the service account", account, { serviceAccountName: "robot" }],
  ])("%s keeps it", (_name, found, spec) => {
    expect(judged(found, { context: { objects: [pod(spec)] } })).toMatchObject({
      verdict: "wait",
      why: expect.stringContaining("Deployment shop/web"),
    });
  });

  it("an Ingress keeps its class and its certificate", () => {
    const ingress = object("Ingress", "web", {
      spec: { ingressClassName: "fast", tls: [{ secretName: "key" }] },
    });
    const context = { objects: [ingress] };
    expect(judged(live(marked(object("IngressClass", "fast"))), { context })).toMatchObject({
      verdict: "wait",
    });
    expect(judged(secret, { context })).toMatchObject({ verdict: "wait" });
  });

  it("the same name in another namespace, kind or place does not", () => {
    const elsewhere = object("Pod", "p", {
      metadata: { name: "p", namespace: "other" },
      spec: { volumes: [{ configMap: { name: "conf" } }] },
    });
    const other = pod({
      volumes: [{ secret: { secretName: "conf" } }],
      containers: [{ name: "conf" }],
    });
    expect(judged(config, { context: { objects: [elsewhere, other] } })).toMatchObject({
      verdict: "delete",
    });
  });
});

describe("what must stay because something stays (4.5-6, P-86)", () => {
  const space = live(marked(object("Namespace", "shop")));
  const pod = object("Deployment", "web", {
    spec: { template: { spec: { volumes: [{ configMap: { name: "web" } }] } } },
  });
  const verdicts = (last: KubeObject) => [judged(space), judged(ours), judged(last)];

  it("all of a namespace goes: so does the namespace", () => {
    expect(spare(verdicts(live(marked(pod)))).map(({ verdict }) => verdict)).toEqual([
      "delete",
      "delete",
      "delete",
    ]);
  });

  it("a released object keeps its namespace, and what it needs", () => {
    const kept = live(
      marked({
        ...pod,
        metadata: { ...pod.metadata, annotations: { "holdfast.dev/prune": "disabled" } },
      }),
    );
    const spared = spare(verdicts(kept));
    expect(spared.map(({ verdict }) => verdict)).toEqual(["let-alone", "wait", "delete"]);
    expect(spared[1]).toMatchObject({ why: expect.stringContaining("Deployment shop/web") });
  });

  it("so does one that is still being deleted, or is let alone", () => {
    const going = live(marked(pod), { deletionTimestamp: "now" });
    const owner = { apiVersion: "v1", kind: "X", name: "x", uid: "u" };
    for (const found of [going, live(marked(pod), { ownerReferences: [owner] })]) {
      expect(
        spare(verdicts(found))
          .map(({ verdict }) => verdict)
          .slice(0, 2),
      ).toEqual(["let-alone", "wait"]);
    }
  });
});
