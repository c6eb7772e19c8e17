import type { Hasher } from "../model/digest.ts";
import { canonicalJson, isJsonObject } from "../model/json.ts";
import type { KubeObject, ObjectMeta } from "../model/object.ts";

/** What of a live object is at hand, and whether its generation can be believed. */
export interface Form {
  /** `metadata`: a PartialObjectMetadata. */
  readonly form: "full" | "metadata";
  /** Served by an aggregated API server: a generation there proves nothing. */
  readonly aggregated?: boolean;
}

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** N-29: rewritten by controllers all the time, and no business of ours. */
const restless = [
  "control-plane.alpha.kubernetes.io/leader",
  "deprecated.daemonset.template.generation",
];
const restlessPrefix = "autoscaling.alpha.kubernetes.io/";

/** What A-44 leaves out of every comparison. */
const serverKept = [
  "managedFields",
  "resourceVersion",
  "generation",
  "uid",
  "selfLink",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
];

/** two equal fingerprints of one uid mean that nothing moved which a dry-run would see. */
export function fingerprintOf(
  live: KubeObject,
  { form, aggregated = false }: Form,
  hasher: Hasher,
): string {
  const kept = form === "full" ? comparable(live, hasher) : outline(live.metadata, aggregated);
  return hasher.sha256(canonicalJson(kept));
}

/** How the cache keeps an object: without managedFields, last-applied and Secret values (C-6). */
export function lean(live: KubeObject, hasher: Hasher): KubeObject {
  return { ...hashedSecret(live, hasher), metadata: leanMeta(live.metadata) };
}

function leanMeta({ managedFields: _fields, annotations, ...metadata }: ObjectMeta): ObjectMeta {
  if (annotations === undefined) return metadata;
  const { [lastApplied]: _applied, ...kept } = annotations;
  return { ...metadata, annotations: kept };
}

function comparable(live: KubeObject, hasher: Hasher): unknown {
  const { status: _status, ...rest } = hashedSecret(live, hasher);
  const { annotations, ...metadata } = without(live.metadata, serverKept);
  const kept = isJsonObject(annotations) ? calm(annotations) : {};
  return {
    ...rest,
    metadata: { ...metadata, ...(Object.keys(kept).length > 0 && { annotations: kept }) },
  };
}

function outline(metadata: ObjectMeta, aggregated: boolean): unknown {
  const { generation, resourceVersion, labels, annotations, finalizers, ownerReferences } =
    metadata;
  return {
    version: aggregated || generation === undefined ? (resourceVersion ?? "") : generation,
    labels: labels ?? {},
    annotations: calm(annotations ?? {}),
    finalizers: finalizers ?? [],
    ownerReferences: ownerReferences ?? [],
  };
}

function calm(annotations: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(annotations).filter(
      ([name]) =>
        name !== lastApplied && !restless.includes(name) && !name.startsWith(restlessPrefix),
    ),
  );
}

/** Values become keyed hashes: equal values stay equal, and nothing can be read back (NEG-32). */
function hashedSecret(live: KubeObject, hasher: Hasher): KubeObject {
  const { data } = live;
  if (live.kind !== "Secret" || live.apiVersion !== "v1" || !isJsonObject(data)) return live;
  const hashed = Object.entries(data).map(([key, value]) => [key, hasher.keyed(String(value))]);
  return { ...live, data: Object.fromEntries(hashed) };
}

function without<T extends object>(
  record: T,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}
