import { createHash } from "node:crypto";
import type { Desired } from "../../agent/model/change.ts";
import type { Inventory, InventoryEntry } from "../../agent/model/inventory.ts";
import { canonicalJson } from "../../agent/model/json.ts";
import { installationLabel, ownerAnnotation, ownerMark } from "../../agent/model/names.ts";
import {
  apiVersionVersion,
  type KubeObject,
  type ManagedFieldsEntry,
  type ObjectMeta,
  type ObjectRef,
  refId,
  refOf,
} from "../../agent/model/object.ts";
import type { Unit } from "../../agent/model/unit.ts";
import type { PlanContext } from "../../agent/plan/plan.ts";
import type { PruneContext } from "../../agent/plan/prune.ts";

export const installation = "inst0000ab";
export const nowMs = Date.UTC(2026, 10, 21, 9, 0, 0);
export const now = "2026-11-21T09:00:00Z";

const plurals: Readonly<Record<string, string>> = {
  Deployment: "apps/v1",
  StatefulSet: "apps/v1",
  DaemonSet: "apps/v1",
  CronJob: "batch/v1",
  Job: "batch/v1",
  Role: "rbac.authorization.k8s.io/v1",
  RoleBinding: "rbac.authorization.k8s.io/v1",
  ClusterRole: "rbac.authorization.k8s.io/v1",
  Ingress: "networking.k8s.io/v1",
  IngressClass: "networking.k8s.io/v1",
  StorageClass: "storage.k8s.io/v1",
  CustomResourceDefinition: "apiextensions.k8s.io/v1",
  HorizontalPodAutoscaler: "autoscaling/v2",
  ScaledObject: "keda.sh/v1alpha1",
};
const clusterScoped = new Set([
  "Namespace",
  "CustomResourceDefinition",
  "ClusterRole",
  "PersistentVolume",
  "StorageClass",
  "IngressClass",
]);

/** An object as Git has it; the namespace is `shop` where the kind has one. */
export function object(
  kind: string,
  name: string,
  { apiVersion, metadata, ...more }: Partial<KubeObject> = {},
): KubeObject {
  const meta: ObjectMeta = {
    name,
    ...(clusterScoped.has(kind) ? {} : { namespace: "shop" }),
    ...metadata,
  };
  return { apiVersion: apiVersion ?? plurals[kind] ?? "v1", kind, ...more, metadata: meta };
}

export function desired(object: KubeObject): Desired {
  const ref = refOf(object);
  const digest = createHash("sha256").update(canonicalJson(object)).digest("hex");
  return { id: refId(ref), ref, object, digest, file: "apps/shop/web.yaml", line: 3 };
}

/** As the render marks it, of app `shop` unless told otherwise. */
export function marked(object: KubeObject, app = "shop", of = installation): KubeObject {
  const { annotations, labels } = object.metadata;
  const mark = ownerMark(of, app, refOf(object));
  return {
    ...object,
    metadata: {
      ...object.metadata,
      annotations: { ...annotations, [ownerAnnotation]: mark },
      labels: { ...labels, [installationLabel]: of },
    },
  };
}

/** As a server answers it. */
export function live(object: KubeObject, metadata: Partial<ObjectMeta> = {}): KubeObject {
  const kept = { uid: `uid-${object.metadata.name}`, resourceVersion: "7", generation: 1 };
  return { ...object, metadata: { ...object.metadata, ...kept, ...metadata } };
}

export function manager(
  name: string,
  fieldsV1: Readonly<Record<string, unknown>>,
  more: Partial<ManagedFieldsEntry> = {},
): ManagedFieldsEntry {
  return { manager: name, operation: "Update", apiVersion: "v1", time: now, fieldsV1, ...more };
}

/** Our own Apply entry. */
export function ours(fieldsV1: Readonly<Record<string, unknown>>): ManagedFieldsEntry {
  return manager("holdfast", fieldsV1, { operation: "Apply" });
}

export function unit(more: Partial<Unit> = {}): Unit {
  return {
    app: "shop",
    cluster: { name: "eu", labels: {}, values: {} },
    file: "apps/shop/app.yaml",
    folder: "apps/shop",
    path: "apps/shop",
    shared: [],
    namespace: "shop",
    changeId: "change-1",
    renderer: { kind: "plain" },
    values: {},
    mode: "enforce",
    prune: { enabled: true, maxShare: 0.2 },
    drift: { mode: "heal", graceMs: 0, ignore: [] },
    health: { timeoutMs: 300_000, rules: [] },
    onFailure: "keep",
    onRemove: "hold",
    dependsOn: [],
    protect: [],
    holdUntilMaxMs: 4 * 3_600_000,
    ...more,
  };
}

export function planContext(more: Partial<PlanContext> = {}): PlanContext {
  return {
    unit: unit(),
    installation,
    nowMs,
    entry: undefined,
    declaredBy: undefined,
    declared: [],
    differsSinceMs: undefined,
    takeOver: false,
    ...more,
  };
}

export function entry(ref: ObjectRef, more: Partial<InventoryEntry> = {}): InventoryEntry {
  return {
    ref,
    version: "v1",
    plural: `${ref.kind.toLowerCase()}s`,
    state: "applied",
    uid: `uid-${ref.name}`,
    digest: "old",
    addedIn: "change-0",
    changedIn: "change-0",
    since: "2026-11-20T09:00:00Z",
    ...more,
  };
}

export function entryOf(object: KubeObject, more: Partial<InventoryEntry> = {}): InventoryEntry {
  return entry(refOf(object), { version: apiVersionVersion(object.apiVersion), ...more });
}

export function inventory(
  entries: readonly InventoryEntry[],
  more: Partial<Inventory> = {},
): Inventory {
  return {
    installation,
    clusterUid: "cluster",
    app: "shop",
    namespace: "shop",
    onRemove: "hold",
    accepts: [],
    implicit: [],
    entries: new Map(entries.map((each) => [refId(each.ref), each])),
    ...more,
  };
}

export function pruneContext(more: Partial<PruneContext> = {}): PruneContext {
  return {
    app: "shop",
    installation,
    agentNamespace: "holdfast-system",
    protect: [],
    objects: [],
    declaredBy: () => undefined,
    declaredUids: new Set(),
    namespaceUsedBy: () => undefined,
    crdUsedBy: () => undefined,
    unknownGroups: new Set(),
    settleMs: 90_000,
    nowMs,
    ...more,
  };
}
