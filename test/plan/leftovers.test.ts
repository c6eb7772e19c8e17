import { describe, expect, it } from "vitest";
import type { Leftover } from "../../agent/model/status.ts";
import { leftoversOf, leftoversPlan } from "../../agent/plan/leftovers.ts";
import { testHasher } from "../doubles/ports.ts";
import { live, manager, object, ours } from "./builders.ts";

const own = ours({ "f:data": { "f:a": {} } });

it("A-27: what kubectl set and Git does not declare is listed, with its manager, as people write paths", () => {
  const found = leftoversOf(
    live(object("Deployment", "web"), {
      managedFields: [
        own,
        manager("kubectl-client-side-apply", {
          "f:metadata": {
            "f:annotations": {
              ".": {},
              "f:kubectl.kubernetes.io/last-applied-configuration": {},
              "f:example.com/note": {},
            },
            "f:labels": { "f:old": {} },
          },
          "f:spec": {
            "f:replicas": {},
            "f:template": {
              "f:spec": {
                "f:containers": {
                  'k:{"name":"web"}': {
                    ".": {},
                    "f:ports": { 'k:{"containerPort":80,"protocol":"TCP"}': { "f:name": {} } },
                    "f:args": {},
                  },
                },
                "f:tolerations": { "i:0": {} },
              },
            },
          },
        }),
      ],
    }),
  );
  expect(found).toEqual([
    {
      ref: { group: "apps", kind: "Deployment", namespace: "shop", name: "web" },
      manager: "kubectl-client-side-apply",
      fields: [
        'metadata.annotations["example.com/note"]',
        "metadata.labels.old",
        "spec.replicas",
        "spec.template.spec.containers[web].ports[80,TCP].name",
        "spec.template.spec.containers[web].args",
        "spec.template.spec.tolerations[0]",
      ],
      stays: ["spec.replicas"],
    },
  ]);
});

it("A-21: controllers' fields, subresources and objects that are not ours are no leftovers", () => {
  const theirs = { "f:spec": { "f:replicas": {} } };
  const fields = [
    own,
    manager("kube-controller-manager", theirs),
    manager("helm", theirs),
    manager("kubectl", theirs, { subresource: "scale" }),
  ];
  expect(leftoversOf(live(object("Deployment", "web"), { managedFields: fields }))).toEqual([]);
  const before = [manager("kubectl", theirs)];
  expect(leftoversOf(live(object("Deployment", "web"), { managedFields: before }))).toEqual([]);
});

describe("the digest of leftovers (P-52)", () => {
  const ref = { group: "apps", kind: "Deployment", namespace: "shop", name: "web" };
  const one: Leftover = { ref, manager: "kubectl", fields: ["spec.paused", "metadata.labels.old"] };
  const two: Leftover = { ...one, ref: { ...ref, name: "other" } };
  const digest = (...found: readonly Leftover[]) => leftoversPlan(found, testHasher);

  it("does not depend on the order in which they were found", () => {
    expect(digest(one, two)).toMatch(/^[0-9a-f]{12}$/);
    expect(digest(two, { ...one, fields: [...one.fields].reverse() })).toBe(digest(one, two));
  });

  it("is another one with any difference: object, manager, field, or what becomes of it", () => {
    const others: readonly (readonly Leftover[])[] = [
      [one],
      [one, { ...two, manager: "kubectl-edit" }],
      [one, { ...two, ref: { ...ref, name: "third" } }],
      [one, { ...two, fields: ["spec.paused"] }],
      [one, { ...two, stays: ["spec.paused"] }],
    ];
    const all = [digest(one, two), ...others.map((found) => digest(...found))];
    expect(new Set(all).size).toBe(all.length);
  });

  it("is none where nothing would go", () => {
    expect(digest({ ...one, stays: one.fields })).toBeUndefined();
    expect(digest()).toBeUndefined();
  });
});
