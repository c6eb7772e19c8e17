import { expect, it } from "vitest";
import { leftoversOf } from "../../agent/plan/leftovers.ts";
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
