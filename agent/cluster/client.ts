import type { KubeObject, ObjectRef, Version, VersionedRef } from "../model/object.ts";
import type { Right, Rule } from "../model/rule.ts";

/**
 * Everything Holdfast asks of one cluster: raw JSON both ways, no retries (but A-110's and one on 401). Each stage
 * takes only the part it needs. Every failure is an `ApiError` (errors.ts).
 */
export interface ClusterClient
  extends Discoverer,
    Reader,
    Lister,
    Watcher,
    Writer,
    Patcher,
    Owner,
    Reviewer {
  /** The same cluster, acting as a service account of it; throws on an empty name (NEG-51). */
  impersonate(account: { readonly namespace: string; readonly name: string }): ClusterClient;
  close(): Promise<void>;
}

export interface Discoverer {
  /** Asks anew. A group that did not answer is listed as unknown, never left out: absence would read as deletion. */
  discover(signal: AbortSignal): Promise<Discovery>;
}

export interface Reader {
  /** Without `resourceVersion`, so behind everything irreversible. Undefined: 404 of this object, nothing else. */
  get(ref: VersionedRef, signal: AbortSignal): Promise<KubeObject | undefined>;
  /** What `apply` would leave behind, by the same request with `dryRun=All`. */
  dryRun(object: KubeObject, over: Version | undefined, signal: AbortSignal): Promise<Applied>;
}

export interface Lister {
  /** Page by page until complete; a cut list throws (C-1). */
  list(selection: Selection, signal: AbortSignal): AsyncIterable<Page>;
}

export interface Watcher {
  /** Ends when the server's time is up; throws an ApiError for which `isExpired` holds when `from` is too old (C-3). */
  watch(selection: Selection, from: string, signal: AbortSignal): AsyncIterable<WatchEvent>;
}

export interface Writer {
  /**
   * Server-side apply as `holdfast`, strict. Without `over` the object must not exist yet with other values (force=false);
   * with it, it must still be that version (force=true).
   */
  apply(object: KubeObject, over: Version | undefined, signal: AbortSignal): Promise<Applied>;
  /** With preconditions. Undefined when it was already gone; else what the server answered (gone, or terminating). */
  delete(
    ref: VersionedRef,
    over: Version,
    options: DeleteOptions,
    signal: AbortSignal,
  ): Promise<KubeObject | undefined>;
}

/** Surgery on metadata: taking over fields, releasing an object (P-21). */
export interface Patcher {
  /** JSON patch; `replace /metadata/resourceVersion` with that of `over` is put first, so that a race is a 409. */
  patch(
    ref: VersionedRef,
    operations: readonly JsonPatch[],
    over: Version,
    signal: AbortSignal,
  ): Promise<Applied>;
}

/** For what is ours alone and never a member of an app: inventory, Lease, App objects, Events. */
export interface Owner {
  create(object: KubeObject, signal: AbortSignal): Promise<KubeObject>;
  /** PUT; `metadata.resourceVersion` must be set. */
  replace(
    object: KubeObject,
    subresource: "status" | undefined,
    signal: AbortSignal,
  ): Promise<KubeObject>;
}

/** What the server says of our own rights. */
export interface Reviewer {
  /** Our rules in one namespace, with those that hold everywhere; `""`: only the latter. */
  rules(namespace: string, signal: AbortSignal): Promise<Held>;
  may(right: Right, signal: AbortSignal): Promise<boolean>;
  /** The name by which the server knows us. */
  whoami(signal: AbortSignal): Promise<string | undefined>;
}

export interface Held {
  readonly rules: readonly Rule[];
  /** False: an authorizer cannot list what it allows; `may` tells. */
  readonly isComplete: boolean;
}

export interface Applied {
  readonly object: KubeObject;
  /** 201: it did not exist before. */
  readonly created: boolean;
  /** `Warning:` headers. */
  readonly warnings: readonly string[];
}

export interface DeleteOptions {
  readonly propagation: "Background" | "Foreground" | "Orphan";
}

export interface Selection {
  readonly group: string;
  readonly kind: string;
  /** Default: the one that discovery prefers. */
  readonly version?: string;
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** `PartialObjectMetadata` only. */
  readonly metadataOnly?: boolean;
}

export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly remaining: number | undefined;
}

export type WatchEvent =
  | { readonly type: "added" | "modified" | "deleted"; readonly object: KubeObject }
  | { readonly type: "bookmark"; readonly resourceVersion: string };

/** One kind at one served version. */
export interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What the API server serves, at one moment. */
export interface Discovery {
  /** By `group/version/Kind` (core: `/v1/ConfigMap`). */
  readonly kinds: ReadonlyMap<string, ServedKind>;
  /** Versions of a `group/Kind`, the preferred one first. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
  /** Groups marked stale, or named by an APIService and absent: nothing of theirs is missing, applied or pruned. */
  readonly unknownGroups: ReadonlySet<string>;
  /** Groups that another server answers for (APIService with a service): their generations prove nothing. */
  readonly aggregatedGroups?: ReadonlySet<string>;
  /** `v1.36.3` */
  readonly kubernetes: string;
}

export interface JsonPatch {
  readonly op: "add" | "remove" | "replace" | "test";
  readonly path: string;
  readonly value?: unknown;
}

/** The served kind of a ref at a version, or at the preferred one. */
export function servedKind(
  { kinds, versions }: Discovery,
  { group, kind }: Pick<ObjectRef, "group" | "kind">,
  version?: string,
): ServedKind | undefined {
  const at = version ?? versions.get(`${group}/${kind}`)?.[0];
  return at === undefined ? undefined : kinds.get(`${group}/${at}/${kind}`);
}
