import type { Rule } from "../model/rule.ts";

/**
 * What the agent keeps for itself in its own namespace (P-84), and the few names it reads beyond; the chart's
 * `own-rights.yaml` grants exactly this, and a test compares both.
 */
export function ownRules(namespace: string): readonly Rule[] {
  const here = { namespace };
  return [
    { ...here, apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
    {
      ...here,
      apiGroups: ["coordination.k8s.io"],
      resources: ["leases"],
      resourceNames: ["holdfast"],
      verbs: ["get", "update"],
    },
    {
      ...here,
      apiGroups: [""],
      resources: ["configmaps"],
      verbs: ["get", "list", "create", "update", "delete"],
    },
    {
      ...here,
      apiGroups: [""],
      resources: ["secrets"],
      verbs: ["get", "list", "create", "update", "delete"],
    },
    {
      ...here,
      apiGroups: ["holdfast.dev"],
      resources: ["apps"],
      verbs: ["get", "list", "watch", "create", "update", "delete"],
    },
    { ...here, apiGroups: ["holdfast.dev"], resources: ["apps/status"], verbs: ["update"] },
    { ...here, apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create"] },
    {
      apiGroups: [""],
      resources: ["namespaces"],
      resourceNames: ["kube-system", namespace],
      verbs: ["get"],
    },
    {
      apiGroups: ["apiextensions.k8s.io"],
      resources: ["customresourcedefinitions"],
      resourceNames: ["apps.holdfast.dev"],
      verbs: ["get"],
    },
  ];
}
