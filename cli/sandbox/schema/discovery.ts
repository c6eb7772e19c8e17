import { readFile } from "node:fs/promises";
import { isJsonObject, type JsonObject } from "../../../agent/model/json.ts";
import type { TableGroup, TableResource, TableSubresource, TableVersion } from "./table.ts";

type SchemaOf = (groupVersionKind: string) => string | undefined;

/** Groups as a server with default settings serves them: alpha and beta versions are off. */
export async function readGroups(kubernetes: string, schemaOf: SchemaOf): Promise<TableGroup[]> {
  const core = await readItems(`${kubernetes}/api/discovery/api.json`, kubernetes);
  const rest = await readItems(`${kubernetes}/api/discovery/aggregated_v2.json`, kubernetes);
  return [...core, ...rest]
    .map((item) => groupOf(item, schemaOf))
    .filter((group) => group.versions.length > 0);
}

async function readItems(file: string, kubernetes: string): Promise<JsonObject[]> {
  const document: unknown = JSON.parse(await readFile(file, "utf8"));
  if (!isJsonObject(document)) return [];
  if (Array.isArray(document.items)) return document.items.filter(isJsonObject);
  const text = await readFile(`${kubernetes}/api/discovery/api__v1.json`, "utf8");
  return [
    { metadata: {}, versions: [{ version: "v1", resources: coreResources(JSON.parse(text)) }] },
  ];
}

/** The core group is described in the older form only: one flat list with `pods/status` beside `pods`. */
function coreResources(document: unknown): JsonObject[] {
  const flat = list(document, "resources");
  const subresources = (plural: string) =>
    flat
      .filter((item) => text(item, "name").startsWith(`${plural}/`))
      .map((item) => ({
        subresource: text(item, "name").slice(plural.length + 1),
        verbs: item.verbs,
        responseKind: {
          group: text(item, "group"),
          version: text(item, "version"),
          kind: item.kind,
        },
      }));
  return flat
    .filter((item) => !text(item, "name").includes("/"))
    .map((item) => ({
      resource: item.name,
      singularResource: item.singularName,
      responseKind: { group: "", version: "", kind: item.kind },
      scope: item.namespaced === true ? "Namespaced" : "Cluster",
      verbs: item.verbs,
      shortNames: item.shortNames ?? [],
      categories: item.categories ?? [],
      subresources: subresources(text(item, "name")),
    }));
}

function groupOf(item: JsonObject, schemaOf: SchemaOf): TableGroup {
  const group = text(item.metadata, "name");
  const versions = list(item, "versions")
    .filter((version) => !/alpha|beta/.test(text(version, "version")))
    .map((version) => versionOf(version, group, schemaOf));
  return { group, versions };
}

function versionOf(item: JsonObject, group: string, schemaOf: SchemaOf): TableVersion {
  const version = text(item, "version");
  const resources = list(item, "resources").map((resource): TableResource => {
    const kind = text(resource.responseKind, "kind");
    const schema = schemaOf(`${group}/${version}/${kind}`);
    return {
      plural: text(resource, "resource"),
      singular: text(resource, "singularResource"),
      kind,
      namespaced: resource.scope === "Namespaced",
      verbs: strings(resource, "verbs"),
      shortNames: strings(resource, "shortNames"),
      categories: strings(resource, "categories"),
      subresources: list(resource, "subresources").map((sub) => subresourceOf(sub, kind)),
      ...(schema === undefined ? {} : { schema }),
    };
  });
  return { version, resources };
}

function subresourceOf(item: JsonObject, parent: string): TableSubresource {
  const { responseKind } = item;
  const kind = text(responseKind, "kind");
  const id = `${text(responseKind, "group")}/${text(responseKind, "version")}/${kind}`;
  return {
    name: text(item, "subresource"),
    verbs: strings(item, "verbs"),
    ...(kind === parent || kind === "" ? {} : { kind: id }),
  };
}

function text(value: unknown, key: string): string {
  const found = isJsonObject(value) ? value[key] : undefined;
  return typeof found === "string" ? found : "";
}

function list(value: unknown, key: string): JsonObject[] {
  const found = isJsonObject(value) ? value[key] : undefined;
  return Array.isArray(found) ? found.filter(isJsonObject) : [];
}

function strings(value: unknown, key: string): string[] {
  const found = isJsonObject(value) ? value[key] : undefined;
  return Array.isArray(found) ? found.map(String) : [];
}
