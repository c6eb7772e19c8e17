import type { GroupKind, KubeObject } from "../model/object.ts";

/** Kinds that hold data or that others stand on: never pruned unasked (P-22). */
const shipped = [
  "Namespace",
  "CustomResourceDefinition",
  "PersistentVolumeClaim",
  "PersistentVolume",
  "StatefulSet",
  "postgresql.cnpg.io/*",
  "cluster.x-k8s.io/*",
  "*.cluster.x-k8s.io/*",
  "*.crossplane.io/*",
  "*.upbound.io/*",
  "ceph.rook.io/*",
  "kafka.strimzi.io/*",
  "kubevirt.io/*",
  "tikv.org/*",
  "pingcap.com/*",
];

/** Whether an object is of a protected kind; `extra` as in `protect` of fleet.yaml: `Kind` or `group/*`. */
export function isProtectedKind(
  object: KubeObject,
  kind: GroupKind,
  extra: readonly string[],
): boolean {
  if (kind.group === "" && kind.kind === "Service")
    return isLoadBalancer(object) || listed(kind, extra);
  return listed(kind, [...shipped, ...extra]);
}

function isLoadBalancer(object: KubeObject): boolean {
  const spec = object["spec"];
  return (
    typeof spec === "object" && spec !== null && "type" in spec && spec.type === "LoadBalancer"
  );
}

function listed({ group, kind }: GroupKind, entries: readonly string[]): boolean {
  return entries.some((entry) => {
    const [left = "", right] = entry.split("/");
    if (right === undefined) return left === kind || left === `${kind}.${group}`;
    return matchesGroup(left, group) && (right === "*" || right === kind);
  });
}

function matchesGroup(pattern: string, group: string): boolean {
  return pattern.startsWith("*.") ? group.endsWith(pattern.slice(1)) : pattern === group;
}
