import type { MapSchema } from "../typed/schema.ts";

/** One kind that the server serves, with all its versions. */
export interface Resource {
  readonly group: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** Preferred first. */
  readonly versions: readonly ResourceVersion[];
  /** Objects are Go types: unknown fields are dropped and zero values normalised. Else they come from a CRD. */
  readonly builtin: boolean;
  /** `metadata.generation` counts changes of what is not status. */
  readonly hasGeneration: boolean;
  readonly hasStatus: boolean;
}

export interface ResourceVersion {
  readonly version: string;
  readonly schema: MapSchema;
  readonly subresources: readonly Subresource[];
  /** JSON Schema of a CRD version, for validation and defaults. */
  readonly openApi?: unknown;
  readonly printerColumns?: readonly unknown[];
}

export interface Subresource {
  readonly name: string;
  readonly verbs: readonly string[];
  readonly kind?: string;
  /** Where `scale` reads and writes. */
  readonly scale?: { readonly spec: string; readonly status: string; readonly selector?: string };
}

/** A resource seen at one of its versions. */
export interface Served {
  readonly resource: Resource;
  readonly version: ResourceVersion;
}

/** Key of a resource in the store. */
export function resourceId({ group, plural }: Pick<Resource, "group" | "plural">): string {
  return `${group}/${plural}`;
}

/** `deployments.apps`, as messages name a resource. */
export function qualified({ group, plural }: Pick<Resource, "group" | "plural">): string {
  return group === "" ? plural : `${plural}.${group}`;
}

export function apiVersionAt({ resource, version }: Served): string {
  return resource.group === "" ? version.version : `${resource.group}/${version.version}`;
}
