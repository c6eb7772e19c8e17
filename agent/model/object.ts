/** A Kubernetes object as we read it from Git or a cluster: identity is known, the rest is opaque JSON. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
  readonly [field: string]: unknown;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** Who owns which fields, as server-side apply records it (semantics §1.18). */
export interface ManagedFieldsEntry {
  readonly manager?: string;
  readonly operation?: "Apply" | "Update";
  readonly apiVersion?: string;
  readonly time?: string;
  readonly subresource?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** Group and kind, the unit of discovery, watches and health rules. */
export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** Identity without version: moving a Deployment from v1beta1 to v1 is an update, not delete + create (§0.3). */
export interface ObjectRef extends GroupKind {
  /** `""` for a cluster-scoped object. */
  readonly namespace: string;
  readonly name: string;
}

/** A ref with the version at which to ask for it. */
export interface VersionedRef extends ObjectRef {
  readonly version: string;
}

/** One incarnation of an object at one moment. Every write but a create names the one it was planned against. */
export interface Version {
  readonly uid: string;
  readonly resourceVersion: string;
}

export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash === -1 ? "" : apiVersion.slice(0, slash);
}

/** `apps/v1` → `v1`, `v1` → `v1`. */
export function apiVersionVersion(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf("/") + 1);
}

/** `("apps", "v1")` → `apps/v1`; the core group has no prefix. */
export function apiVersionOf(group: string, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}

export function refOf(object: KubeObject): ObjectRef {
  return {
    group: groupOf(object.apiVersion),
    kind: object.kind,
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name,
  };
}

export function versionedRefOf(object: KubeObject): VersionedRef {
  return { ...refOf(object), version: apiVersionVersion(object.apiVersion) };
}

/** As text `namespace_name_group_kind`, `:` in names as `__` (§0.3). */
export function refId(ref: ObjectRef): string {
  return [ref.namespace, ref.name.replaceAll(":", "__"), ref.group, ref.kind].join("_");
}

/** The other way round. Underscores occur in no part but as the escaped `:` of a name. */
export function parseRefId(id: string): ObjectRef | undefined {
  const first = id.indexOf("_");
  const last = id.lastIndexOf("_");
  const beforeLast = id.lastIndexOf("_", last - 1);
  if (first === -1 || beforeLast <= first) return undefined;
  return {
    namespace: id.slice(0, first),
    name: id.slice(first + 1, beforeLast).replaceAll("__", ":"),
    group: id.slice(beforeLast + 1, last),
    kind: id.slice(last + 1),
  };
}

/** `Deployment` or `Deployment.apps`: how people and documents name a kind. */
export function kindId({ group, kind }: GroupKind): string {
  return group === "" ? kind : `${kind}.${group}`;
}

/** `Deployment shop/web`, for people. */
export function describeRef({ kind, namespace, name }: ObjectRef): string {
  return namespace === "" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** The incarnation that was read. Throws on an object without uid or resourceVersion: it did not come from a server. */
export function versionOf({ metadata: { uid, resourceVersion, name } }: KubeObject): Version {
  if (uid === undefined || resourceVersion === undefined) {
    throw new Error(`${name} has no uid or resourceVersion: it was not read from a cluster`);
  }
  return { uid, resourceVersion };
}
