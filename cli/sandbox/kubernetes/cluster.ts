import type { About } from "./http/fault.ts";
import type { Json } from "./json.ts";
import type { Registry } from "./kinds/registry.ts";
import { apiVersionAt, type Resource, resourceId, type Served } from "./kinds/resource.ts";
import type { Store } from "./store/store.ts";

export interface Admission {
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly dryRun: boolean;
  readonly user: string;
  readonly object: Json | undefined;
  readonly old: Json | undefined;
}

/** What an admission hook decides; undefined lets the request through as it is. */
export type Verdict =
  | undefined
  | { readonly deny: string; readonly code?: number; readonly reason?: string }
  | { readonly object: Json }
  | { readonly warning: string };

/** The state of one server and what it depends on. */
export interface Cluster {
  readonly store: Store;
  readonly registry: Registry;
  /** ISO 8601 without milliseconds. */
  now(): string;
  uid(): string;
  admit(admission: Admission): Verdict;
  /** The sandbox's own controllers are told of nothing; they listen to the store. */
  readonly clusterIps: { next: number };
}

/** One object's place, as a URL names it. */
export interface Target {
  readonly cluster: Cluster;
  readonly served: Served;
  /** `""` for cluster-scoped kinds and for all namespaces. */
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly manager: string;
  readonly force: boolean;
  readonly validation: "Strict" | "Warn" | "Ignore";
  readonly user: string;
  /** Texts of `Warning:` headers, collected on the way. */
  readonly warnings: string[];
}

export function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

export function liveOf({ cluster, served, namespace, name }: Target): Json | undefined {
  return cluster.store.get(resourceId(served.resource), keyOf(namespace, name));
}

export function aboutOf({ served, name }: Pick<Target, "served" | "name">): About {
  const { group, plural, kind } = served.resource;
  return { group, plural, kind, name };
}

/** A stored object as one version shows it. */
export function seenAt(served: Served, object: Json): Json {
  const apiVersion = apiVersionAt(served);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

export function targetOf(cluster: Cluster, resource: Resource, key: string): Target {
  const slash = key.indexOf("/");
  const [version] = resource.versions;
  if (version === undefined) throw new Error(`${resource.kind} has no version`);
  return {
    cluster,
    served: { resource, version },
    namespace: key.slice(0, slash),
    name: key.slice(slash + 1),
    subresource: "",
  };
}
