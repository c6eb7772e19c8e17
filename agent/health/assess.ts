import type { Health } from "../model/health.ts";
import { type GroupKind, groupOf, type KubeObject } from "../model/object.ts";
import type { HealthRules } from "./cel.ts";
import { assessCronJob } from "./cron-job.ts";
import { assessDaemonSet } from "./daemon-set.ts";
import { databaseKinds } from "./database-kinds.ts";
import { deliveryKinds } from "./delivery-kinds.ts";
import { assessDeployment } from "./deployment.ts";
import { assessGeneral } from "./general.ts";
import { assessHorizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts";
import { infrastructureKinds } from "./infrastructure-kinds.ts";
import { assessJob } from "./job.ts";
import { networkKinds } from "./network-kinds.ts";
import { assessPersistentVolume, assessPersistentVolumeClaim } from "./persistent-volume.ts";
import { platformKinds } from "./platform-kinds.ts";
import { assessPod } from "./pod.ts";
import { assessPodDisruptionBudget } from "./pod-disruption-budget.ts";
import { healthy, type KindRule, missing, numberAt, progressing, textAt, unknown } from "./read.ts";
import { assessReplicaSet } from "./replica-set.ts";
import type { RuleTable } from "./rules.ts";
import {
  assessApiService,
  assessCustomResourceDefinition,
  assessNamespace,
} from "./served-kinds.ts";
import { assessIngress, assessService } from "./service-and-ingress.ts";
import { assessStatefulSet } from "./stateful-set.ts";

/** One line per kind, by `group/Kind`, for any version (semantics §5.2). */
const rules: RuleTable = {
  ...deliveryKinds,
  ...databaseKinds,
  ...infrastructureKinds,
  ...networkKinds,
  ...platformKinds,
  "apps/Deployment": assessDeployment,
  "apps/StatefulSet": assessStatefulSet,
  "apps/DaemonSet": assessDaemonSet,
  "apps/ReplicaSet": assessReplicaSet,
  "/ReplicationController": assessReplicaSet,
  "/Pod": assessPod,
  "batch/Job": assessJob,
  "batch/CronJob": assessCronJob,
  "/Service": assessService,
  "networking.k8s.io/Ingress": assessIngress,
  "extensions/Ingress": assessIngress,
  "/PersistentVolumeClaim": assessPersistentVolumeClaim,
  "/PersistentVolume": assessPersistentVolume,
  "policy/PodDisruptionBudget": assessPodDisruptionBudget,
  "autoscaling/HorizontalPodAutoscaler": assessHorizontalPodAutoscaler,
  "apiregistration.k8s.io/APIService": assessApiService,
  "apiextensions.k8s.io/CustomResourceDefinition": assessCustomResourceDefinition,
  "/Namespace": assessNamespace,
};

/** Health of one live object; undefined: it is absent. Sees one object and no clock (semantics §5.1). */
export function assessHealth(object: KubeObject | undefined, custom?: HealthRules): Health {
  if (object === undefined) return missing("not found");
  if (object.metadata.deletionTimestamp !== undefined) return progressing("being deleted");
  if (!isObserved(object)) return progressing("its controller has not seen this version yet");
  try {
    return assessLive(object, custom);
  } catch (error) {
    // A status can hold anything; a rule that did not expect it must not end the pass (§5.1).
    return unknown(`its health rule failed: ${error instanceof Error ? error.message : error}`);
  }
}

function assessLive(object: KubeObject, custom: HealthRules | undefined): Health {
  const told = custom?.assess(object);
  if (told !== undefined) return told;
  const group = groupOf(object.apiVersion);
  const known = ruleOf({ group, kind: object.kind })?.(object);
  if (known !== undefined) return known;
  return isConfiguration({ group, kind: object.kind }) ? healthy() : assessGeneral(object);
}

/** The exact kind, else its group, else a group that it is part of. */
function ruleOf({ group, kind }: GroupKind): KindRule | undefined {
  const exact = rules[`${group}/${kind}`] ?? rules[`${group}/*`];
  if (exact !== undefined) return exact;
  const labels = group.split(".");
  for (let from = 1; from < labels.length - 1; from++) {
    const found = rules[`*.${labels.slice(from).join(".")}/*`];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether its controller has seen this generation; a number may come as a string (a long one is the hash of an old controller). Not newer either: the object was restored. */
function isObserved(object: KubeObject): boolean {
  const { generation } = object.metadata;
  const text = textAt(object, "status", "observedGeneration");
  const observed = /^[0-9]{1,7}$/.test(text)
    ? Number(text)
    : numberAt(object, "status", "observedGeneration");
  return observed === undefined || generation === undefined || observed === generation;
}

/** Kinds of Kubernetes' own that nobody reports on: they are as they should be once they exist. */
const configurationGroups: ReadonlySet<string> = new Set([
  "rbac.authorization.k8s.io",
  "admissionregistration.k8s.io",
  "scheduling.k8s.io",
  "node.k8s.io",
  "storage.k8s.io",
  "discovery.k8s.io",
  "coordination.k8s.io",
  "events.k8s.io",
]);
const configurationKinds: ReadonlySet<string> = new Set([
  "/ConfigMap",
  "/Secret",
  "/ServiceAccount",
  "/LimitRange",
  "/ResourceQuota",
  "/Endpoints",
  "/PodTemplate",
  "/Event",
  "apps/ControllerRevision",
  "networking.k8s.io/NetworkPolicy",
  "networking.k8s.io/IngressClass",
  "networking.k8s.io/IPAddress",
  "networking.k8s.io/ServiceCIDR",
]);

function isConfiguration({ group, kind }: GroupKind): boolean {
  return configurationGroups.has(group) || configurationKinds.has(`${group}/${kind}`);
}

/** False for configuration without a controller: a metadata watch is enough for those. */
export function hasHealthRule(kind: GroupKind): boolean {
  return !isConfiguration(kind);
}

/** Whether the object's health counts at all: not where an annotation turns it or its reconciling off (§5.4). */
export function isCounted({ metadata: { annotations = {} } }: KubeObject): boolean {
  return (
    annotations["holdfast.dev/reconcile"] !== "disabled" &&
    annotations["argocd.argoproj.io/ignore-healthcheck"] !== "true"
  );
}

/** Whether anybody waits for it to become healthy: not for a PVC, whose pod may come later, nor a CronJob (H-2). */
export function isAwaited(object: KubeObject): boolean {
  const isNever = object.kind === "CronJob" || object.kind === "PersistentVolumeClaim";
  return !isNever && isCounted(object);
}
