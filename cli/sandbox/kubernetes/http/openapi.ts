import type { Json } from "../json.ts";
import type { Registry } from "../kinds/registry.ts";

/** `/openapi/v3`: as much as kubectl asks before it leaves validation to the server. */
export function openApiIndex(registry: Registry): Json {
  const paths = new Map<string, Json>();
  for (const { group, versions } of registry.all()) {
    for (const { version } of versions) {
      const path = group === "" ? `api/${version}` : `apis/${group}/${version}`;
      paths.set(path, { serverRelativeURL: `/openapi/v3/${path}?hash=sandbox` });
    }
  }
  return { paths: Object.fromEntries(paths) };
}

/** One group and version: that every kind's PATCH takes `fieldValidation`. */
export function openApiDocument(registry: Registry, group: string, version: string): Json {
  const paths: Json = {};
  for (const resource of registry.all()) {
    const isServed = resource.versions.some((candidate) => candidate.version === version);
    if (resource.group !== group || !isServed) continue;
    const id = { group, version, kind: resource.kind };
    const parameter = (name: string) => ({ name, in: "query", schema: { type: "string" } });
    paths[`/${resource.plural}/{name}`] = {
      patch: {
        "x-kubernetes-group-version-kind": id,
        parameters: ["dryRun", "fieldManager", "fieldValidation", "force"].map(parameter),
        responses: {},
      },
    };
  }
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "sandbox" },
    paths,
    components: { schemas: {} },
  };
}
