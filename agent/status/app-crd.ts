import type { KubeObject } from "../model/object.ts";

/** The CRD `apps.holdfast.dev` (observability §3). */
export const appCrd: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "apps.holdfast.dev" },
};
