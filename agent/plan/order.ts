import type { Desired } from "../model/change.ts";
import { type GroupKind, type ObjectRef, refId } from "../model/object.ts";

/** Kinds by stage: what others need in order to be accepted comes first; only stage 1 is awaited. */
const stageOfKind: Readonly<Record<string, number>> = {
  Namespace: 1,
  "CustomResourceDefinition.apiextensions.k8s.io": 1,
  "ClusterRole.rbac.authorization.k8s.io": 1,
  ServiceAccount: 3,
  "Role.rbac.authorization.k8s.io": 3,
  "NetworkPolicy.networking.k8s.io": 3,
  ResourceQuota: 3,
  LimitRange: 3,
  ConfigMap: 3,
  Secret: 3,
  PersistentVolume: 3,
  PersistentVolumeClaim: 3,
  "ValidatingWebhookConfiguration.admissionregistration.k8s.io": 5,
  "MutatingWebhookConfiguration.admissionregistration.k8s.io": 5,
  "ValidatingAdmissionPolicy.admissionregistration.k8s.io": 5,
  "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io": 5,
  "MutatingAdmissionPolicy.admissionregistration.k8s.io": 5,
  "MutatingAdmissionPolicyBinding.admissionregistration.k8s.io": 5,
  "APIService.apiregistration.k8s.io": 5,
};

/** Ranks inside stage 4 (semantics §3.1). Custom resources and all else unlisted are rank 2. */
const rankOfKind: Readonly<Record<string, number>> = {
  "RoleBinding.rbac.authorization.k8s.io": 0,
  "ClusterRoleBinding.rbac.authorization.k8s.io": 0,
  Service: 1,
  "DaemonSet.apps": 3,
  "Deployment.apps": 3,
  "StatefulSet.apps": 3,
  "ReplicaSet.apps": 3,
  ReplicationController: 3,
  Pod: 3,
  "Job.batch": 3,
  "CronJob.batch": 3,
  "PodDisruptionBudget.policy": 4,
  "HorizontalPodAutoscaler.autoscaling": 4,
  "Ingress.networking.k8s.io": 4,
};

function key({ group, kind }: GroupKind): string {
  return group === "" ? kind : `${kind}.${group}`;
}

/** 1 to 5. */
export function stageOf(kind: GroupKind): number {
  const listed = stageOfKind[key(kind)];
  if (listed !== undefined) return listed;
  return kind.kind.endsWith("Class") ? 2 : 4;
}

/** Place within the whole order: later ones wait until earlier ones were answered. */
export function rankOf(kind: GroupKind): number {
  const stage = stageOf(kind);
  if (stage !== 4) return stage * 10;
  const route = kind.group === "gateway.networking.k8s.io" && kind.kind.endsWith("Route");
  return 40 + (rankOfKind[key(kind)] ?? (route ? 4 : 2));
}

/** Ties by group, kind, namespace, name; deletion is the exact reverse (O-1). */
export function compareRefs(a: ObjectRef, b: ObjectRef): number {
  return rankOf(a) - rankOf(b) || compareText(sortText(a), sortText(b));
}

function sortText({ group, kind, namespace, name }: ObjectRef): string {
  return [group, kind, namespace, name].join("\u0000");
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Objects that are planned together, in ranks that are applied one after the other. */
export interface Stage {
  readonly stage: number;
  readonly objects: readonly Desired[];
}

/** A stage is planned in parallel before its first write; empty stages are left out. */
export function stagesOf(desired: readonly Desired[]): Stage[] {
  const sorted = [...desired].sort((a, b) => compareRefs(a.ref, b.ref));
  return [1, 2, 3, 4, 5]
    .map((stage) => ({ stage, objects: sorted.filter(({ ref }) => stageOf(ref) === stage) }))
    .filter(({ objects }) => objects.length > 0);
}

/** Splits an ordered list into runs of equal rank: a run goes out together, the next one after its last answer. */
export function ranks<T extends { readonly ref: ObjectRef }>(items: readonly T[]): T[][] {
  const byRank = Map.groupBy(items, ({ ref }) => rankOf(ref));
  return [...byRank.keys()].sort((a, b) => a - b).map((rank) => byRank.get(rank) ?? []);
}

/** Digest input of a set of identities: sorted, so that the order of finding does not matter (P-52). */
export function planText(refs: readonly ObjectRef[]): string {
  return refs.map(refId).sort().join("\n");
}
