import { isJsonObject } from "../model/json.ts";
import { type GroupKind, groupOf, type KubeObject } from "../model/object.ts";

export type Scope = "namespaced" | "cluster";
export type ScopeOf = (kind: GroupKind) => Scope | undefined;

/** Scope from discovery, else from a CRD of the same render, else unknown (§0.3). */
export function scopeWithCrds(discovered: ScopeOf, objects: readonly KubeObject[]): ScopeOf {
  const declared = new Map(objects.flatMap(declaredScope));
  return (kind) => discovered(kind) ?? declared.get(`${kind.group}/${kind.kind}`);
}

function declaredScope({
  apiVersion,
  kind,
  spec,
}: KubeObject): readonly (readonly [string, Scope])[] {
  if (groupOf(apiVersion) !== "apiextensions.k8s.io" || kind !== "CustomResourceDefinition")
    return [];
  if (!isJsonObject(spec) || !isJsonObject(spec["names"])) return [];
  const id = `${String(spec["group"])}/${String(spec["names"]["kind"])}`;
  return [[id, spec["scope"] === "Cluster" ? "cluster" : "namespaced"]];
}

export interface Placed {
  readonly object: KubeObject;
  readonly warning?: string;
}

/** Namespaced without namespace: the app's. Cluster-scoped with one: dropped, and said. Unknown counts as namespaced. */
export function placeIn(object: KubeObject, namespace: string, scopeOf: ScopeOf): Placed {
  const scope = scopeOf({ group: groupOf(object.apiVersion), kind: object.kind });
  const { namespace: written, ...rest } = object.metadata;
  if (scope !== "cluster") {
    return { object: { ...object, metadata: { ...rest, namespace: written ?? namespace } } };
  }
  const placed = { object: { ...object, metadata: rest } };
  if (written === undefined) return placed;
  return { ...placed, warning: `${object.kind} has no namespace; "${written}" is left out` };
}
