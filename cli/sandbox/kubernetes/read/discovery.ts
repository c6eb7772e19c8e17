import type { Json } from "../json.ts";
import type { Registry } from "../kinds/registry.ts";
import type { Resource, ResourceVersion } from "../kinds/resource.ts";

/** Groups that a test declares broken: served as Stale, without resources. */
export type StaleGroups = ReadonlySet<string>;

/** `/apis/<group>` or one item of `/apis`. */
export function groupDocument(registry: Registry, group: string): Json | undefined {
  const versions = versionsOf(registry, group).map((version) => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  if (versions.length === 0) return undefined;
  return { name: group, versions, preferredVersion: versions[0] };
}

export function groupList(registry: Registry): Json {
  const groups = registry
    .groups()
    .filter((group) => group !== "")
    .map((group) => groupDocument(registry, group));
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

/** `/api/v1` and `/apis/<group>/<version>`. Undefined: not served. */
export function resourceList(registry: Registry, group: string, version: string): Json | undefined {
  const served = resourcesAt(registry, group, version);
  if (served.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: served.flatMap(([resource, at]) => legacyResources(resource, at)),
  };
}

function legacyResources(resource: Resource, at: ResourceVersion): Json[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
  const subresources = at.subresources.map((sub) => ({
    name: `${plural}/${sub.name}`,
    singularName: "",
    namespaced,
    ...foreignKind(sub.kind, kind),
    verbs: sub.verbs,
  }));
  return [own, ...subresources];
}

function foreignKind(id: string | undefined, own: string): Json {
  if (id === undefined) return { kind: own };
  const [group = "", version = "", kind = own] = id.split("/");
  return { ...(group === "" ? {} : { group }), ...(version === "" ? {} : { version }), kind };
}

/** `APIGroupDiscoveryList` of `/api` (the core group) or `/apis`. */
export function aggregated(registry: Registry, core: boolean, stale: StaleGroups): Json {
  const groups = registry.groups().filter((group) => (group === "") === core);
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map((group) => ({
      metadata: { ...(group === "" ? {} : { name: group }), creationTimestamp: null },
      versions: versionsOf(registry, group).map((version) => ({
        version,
        resources: stale.has(group)
          ? undefined
          : resourcesAt(registry, group, version).map(([resource, at]) => discovered(resource, at)),
        freshness: stale.has(group) ? "Stale" : "Current",
      })),
    })),
  };
}

function discovered(resource: Resource, at: ResourceVersion): Json {
  const { kind, plural, singular, namespaced, verbs, shortNames, categories } = resource;
  // Built-in kinds leave out what the document's place says already.
  const own = resource.builtin
    ? { group: "", version: "", kind }
    : { group: resource.group, version: at.version, kind };
  return {
    resource: plural,
    responseKind: own,
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(at.subresources.length > 0
      ? {
          subresources: at.subresources.map((sub) => subresource(sub, own)),
        }
      : {}),
  };
}

function subresource(
  sub: ResourceVersion["subresources"][number],
  own: { group: string; version: string; kind: string },
): Json {
  const [group = own.group, version = own.version, kind = own.kind] = sub.kind?.split("/") ?? [];
  return {
    subresource: sub.name,
    responseKind: { group, version, kind },
    verbs: sub.verbs,
  };
}

function versionsOf(registry: Registry, group: string): string[] {
  const versions = registry
    .all()
    .filter((resource) => resource.group === group)
    .flatMap((resource) => resource.versions.map(({ version }) => version));
  return [...new Set(versions)];
}

function resourcesAt(
  registry: Registry,
  group: string,
  version: string,
): [Resource, ResourceVersion][] {
  return registry.all().flatMap((resource): [Resource, ResourceVersion][] => {
    const at = resource.versions.find((candidate) => candidate.version === version);
    return resource.group === group && at !== undefined ? [[resource, at]] : [];
  });
}
