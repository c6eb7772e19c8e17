import type { KubeObject } from "../model/object.ts";

/** Group, version and kind of the objects that carry records. */
export const recordKind = {
  group: "holdfast.dev",
  version: "v1alpha1",
  kind: "ClusterRecord",
  plural: "clusterrecords",
} as const;

/** The CRD `clusterrecords.holdfast.dev` of a records cluster: one object per cluster of the fleet (observability §3). */
export const recordCrd: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${recordKind.plural}.${recordKind.group}` },
  spec: {
    group: recordKind.group,
    scope: "Namespaced",
    names: {
      kind: recordKind.kind,
      listKind: `${recordKind.kind}List`,
      plural: recordKind.plural,
      singular: "clusterrecord",
      categories: ["holdfast"],
    },
    versions: [
      {
        name: recordKind.version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema() },
        additionalPrinterColumns: [
          { name: "Agent", type: "string", jsonPath: ".record.agent" },
          { name: "Kubernetes", type: "string", jsonPath: ".record.kubernetes" },
          { name: "Published", type: "date", jsonPath: ".record.publishedAt" },
        ],
      },
    ],
  },
};

/** Readers check the rest; here only that nobody speaks for another cluster by mistake. */
function schema() {
  const text = { type: "string" };
  return {
    type: "object",
    properties: {
      record: {
        type: "object",
        "x-kubernetes-preserve-unknown-fields": true,
        required: ["cluster"],
        properties: { cluster: text, agent: text, kubernetes: text, publishedAt: text },
      },
    },
    "x-kubernetes-validations": [
      {
        rule: "!has(self.record) || self.record.cluster == self.metadata.name",
        message: "the record must be of the cluster that the object is named after",
      },
    ],
  };
}
