import type { KubeObject } from "../model/object.ts";
import { appSchema } from "./app-schema.ts";

interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  /** 1: only with `-o wide`. */
  readonly priority?: 1;
}

const columns: readonly Column[] = [
  { name: "State", type: "string", jsonPath: ".status.state" },
  { name: "Reason", type: "string", jsonPath: ".status.reason" },
  { name: "Live", type: "string", jsonPath: ".status.short.live" },
  { name: "Want", type: "string", jsonPath: ".status.short.want" },
  { name: "Age", type: "date", jsonPath: ".status.since" },
  { name: "Objects", type: "integer", jsonPath: ".status.objects.managed", priority: 1 },
  { name: "Drift", type: "integer", jsonPath: ".status.objects.drifted", priority: 1 },
  { name: "Held", type: "integer", jsonPath: ".status.objects.heldDeletions", priority: 1 },
  { name: "Message", type: "string", jsonPath: ".status.message", priority: 1 },
];

/** The CRD `apps.holdfast.dev`: one namespaced status object per unit (observability §3). */
export const appCrd: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "apps.holdfast.dev" },
  spec: {
    group: "holdfast.dev",
    scope: "Namespaced",
    names: {
      kind: "App",
      listKind: "AppList",
      plural: "apps",
      singular: "app",
      categories: ["holdfast"],
    },
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: appSchema },
        subresources: { status: {} },
        additionalPrinterColumns: columns,
      },
    ],
  },
};
