import fc from "fast-check";
import { expect, it } from "vitest";
import type { ObjectRef } from "../../agent/model/object.ts";
import { compareRefs, planText, rankOf, ranks, stageOf, stagesOf } from "../../agent/plan/order.ts";
import { desired, object } from "./builders.ts";

const kinds: readonly (readonly [kind: string, group: string, stage: number])[] = [
  ["Namespace", "", 1],
  ["CustomResourceDefinition", "apiextensions.k8s.io", 1],
  ["ClusterRole", "rbac.authorization.k8s.io", 1],
  ["StorageClass", "storage.k8s.io", 2],
  ["GatewayClass", "gateway.networking.k8s.io", 2],
  ["ServiceAccount", "", 3],
  ["Role", "rbac.authorization.k8s.io", 3],
  ["NetworkPolicy", "networking.k8s.io", 3],
  ["ResourceQuota", "", 3],
  ["LimitRange", "", 3],
  ["ConfigMap", "", 3],
  ["Secret", "", 3],
  ["PersistentVolume", "", 3],
  ["PersistentVolumeClaim", "", 3],
  ["RoleBinding", "rbac.authorization.k8s.io", 4],
  ["Service", "", 4],
  ["Widget", "example.com", 4],
  ["Deployment", "apps", 4],
  ["Job", "batch", 4],
  ["HorizontalPodAutoscaler", "autoscaling", 4],
  ["Ingress", "networking.k8s.io", 4],
  ["HTTPRoute", "gateway.networking.k8s.io", 4],
  ["ValidatingWebhookConfiguration", "admissionregistration.k8s.io", 5],
  ["ValidatingAdmissionPolicyBinding", "admissionregistration.k8s.io", 5],
  ["APIService", "apiregistration.k8s.io", 5],
];

it.each(kinds)("A-100: %s of %j belongs to stage %i", (kind, group, stage) => {
  expect(stageOf({ kind, group })).toBe(stage);
});

it("§3.1: bindings, Services, CRs, workloads, then what stands before them", () => {
  const order = [
    { kind: "RoleBinding", group: "rbac.authorization.k8s.io" },
    { kind: "Service", group: "" },
    { kind: "Widget", group: "example.com" },
    { kind: "Deployment", group: "apps" },
    { kind: "HTTPRoute", group: "gateway.networking.k8s.io" },
  ].map(rankOf);
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(new Set(order).size).toBe(order.length);
});

it("§3.1: a CRD that calls itself Namespace is no Namespace", () => {
  expect(stageOf({ kind: "Namespace", group: "example.com" })).toBe(4);
});

const ref: fc.Arbitrary<ObjectRef> = fc.record({
  kind: fc.constantFrom(...kinds.map(([kind]) => kind)),
  group: fc.constantFrom("", "apps", "example.com"),
  namespace: fc.constantFrom("", "a", "b"),
  name: fc.constantFrom("x", "y", "z"),
});

it("O-1: the order is total, and deletion is its exact reverse", () => {
  fc.assert(
    fc.property(fc.array(ref, { maxLength: 12 }), (refs) => {
      const up = [...refs].sort(compareRefs);
      const down = [...refs].sort((a, b) => compareRefs(b, a));
      expect(down.map((one) => planText([one]))).toEqual(
        up.map((one) => planText([one])).reverse(),
      );
      for (const [index, one] of up.entries()) {
        const next = up[index + 1];
        if (next !== undefined) expect(rankOf(one)).toBeLessThanOrEqual(rankOf(next));
      }
    }),
  );
});

it("A-100: stages lose nothing, leave out what is empty, and come in order", () => {
  const all = ["Deployment", "ConfigMap", "Namespace", "StorageClass"].map((kind) =>
    desired(object(kind, "x")),
  );
  const stages = stagesOf(all);
  expect(stages.map(({ stage }) => stage)).toEqual([1, 2, 3, 4]);
  expect(stages.flatMap(({ objects }) => objects)).toHaveLength(4);
});

it("§3.1: equal ranks run together", () => {
  const items = ["Deployment", "Service", "CronJob"].map((kind) => desired(object(kind, "x")));
  expect(ranks(items).map((rank) => rank.map(({ ref: { kind } }) => kind))).toEqual([
    ["Service"],
    ["Deployment", "CronJob"],
  ]);
});

it("P-52: the text of a plan does not depend on the order of finding", () => {
  fc.assert(
    fc.property(fc.array(ref, { maxLength: 8 }), (refs) => {
      expect(planText([...refs].reverse())).toBe(planText(refs));
    }),
  );
});
