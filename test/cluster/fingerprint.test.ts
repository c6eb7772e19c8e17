import { describe, expect, it } from "vitest";
import { fingerprintOf, lean } from "../../agent/cluster/fingerprint.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { testHasher } from "../doubles/ports.ts";

const live: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name: "web",
    namespace: "shop",
    uid: "u",
    resourceVersion: "7",
    generation: 3,
    labels: { a: "1" },
    annotations: { note: "x" },
    finalizers: ["f"],
    managedFields: [{ manager: "holdfast", operation: "Apply" }],
  },
  spec: { replicas: 1 },
  status: { readyReplicas: 1 },
};
const withMeta = (metadata: object, rest: object = {}): KubeObject => ({
  ...live,
  ...rest,
  metadata: { ...live.metadata, ...metadata },
});
const full = (object: KubeObject) => fingerprintOf(object, { form: "full" }, testHasher);
const outline = (object: KubeObject, aggregated = false) =>
  fingerprintOf(object, { form: "metadata", aggregated }, testHasher);

const kept = {
  "kubectl.kubernetes.io/last-applied-configuration": "{}",
  "deprecated.daemonset.template.generation": "4",
  "autoscaling.alpha.kubernetes.io/conditions": "[]",
  "control-plane.alpha.kubernetes.io/leader": "{}",
};

describe("the fingerprint of a live object (A-36)", () => {
  it("of a whole object moves with spec and metadata of ours, not with what the server and controllers keep (N-29)", () => {
    const same = [
      withMeta({ resourceVersion: "8", generation: 4 }, { status: { readyReplicas: 0 } }),
      withMeta({ managedFields: [] }),
      withMeta({ annotations: { note: "x", ...kept } }),
    ];
    const other = [
      { ...live, spec: { replicas: 2 } },
      withMeta({ labels: { a: "2" } }),
      withMeta({ annotations: { note: "y" } }),
      withMeta({ finalizers: [] }),
      withMeta({ ownerReferences: [{ apiVersion: "v1", kind: "K", name: "n", uid: "o" }] }),
    ];
    for (const object of same) expect(full(object)).toBe(full(live));
    for (const object of other) expect(full(object)).not.toBe(full(live));
  });

  it("of metadata moves with the generation, or with the version where there is none to trust", () => {
    expect(outline(withMeta({ resourceVersion: "8" }))).toBe(outline(live));
    expect(outline(withMeta({ generation: 4 }))).not.toBe(outline(live));
    expect(outline(withMeta({ labels: {} }))).not.toBe(outline(live));
    expect(outline(withMeta({ annotations: { note: "x", ...kept } }))).toBe(outline(live));
    expect(outline(withMeta({ resourceVersion: "8" }), true)).not.toBe(outline(live, true));
    const { generation: _generation, ...rest } = live.metadata;
    const without = (resourceVersion: string): KubeObject => ({
      ...live,
      metadata: { ...rest, resourceVersion },
    });
    expect(outline(without("8"))).not.toBe(outline(without("7")));
  });

  it("of a Secret moves with its values and holds none; so does what the cache keeps (C-6)", () => {
    const secret = (value: string): KubeObject => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "n", annotations: { ...kept, a: "b" } },
      data: { password: value },
    });
    expect(full(secret("aHVudGVyMg=="))).not.toBe(full(secret("aHVudGVyMw==")));
    const stored = lean(secret("aHVudGVyMg=="), testHasher);
    expect(JSON.stringify(stored)).not.toContain("aHVudGVyMg==");
    expect(stored.metadata.annotations).not.toHaveProperty([
      "kubectl.kubernetes.io/last-applied-configuration",
    ]);
    expect(lean(live, testHasher).metadata.managedFields).toBeUndefined();
    expect(lean(live, testHasher).status).toEqual(live.status);
  });
});
