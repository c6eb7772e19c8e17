import { readdir, readFile } from "node:fs/promises";
import { isJsonObject, type JsonObject } from "../../../agent/model/json.ts";
import { readGroups } from "./discovery.ts";
import { readGoTypes, type StructRules, type ZeroRule } from "./go-types.ts";
import type { Modules } from "./modules.ts";
import type { FieldNode, Node, Table, TableGroup } from "./table.ts";

const reference = "#/components/schemas/";

/** Everything the sandbox knows about built-in types, read from the modules. */
export async function buildTable(modules: Modules): Promise<Table> {
  const raw = await readSchemas(`${modules.kubernetes}/api/openapi-spec/v3`);
  const goTypes = await readGoTypes(modules, [...raw.keys()]);
  const schemas: Record<string, Node> = {};
  for (const name of [...raw.keys()].sort()) {
    schemas[shortName(name)] = named(name, raw.get(name) ?? {}, goTypes.get(name));
  }
  const kinds = kindsOf(raw);
  const groups = await readGroups(modules.kubernetes, (id) => kinds.get(id));
  return { kubernetes: modules.version, schemas: reachable(schemas, groups), groups };
}

async function readSchemas(folder: string): Promise<Map<string, JsonObject>> {
  const schemas = new Map<string, JsonObject>();
  for (const file of (await readdir(folder)).sort()) {
    const document: unknown = JSON.parse(await readFile(`${folder}/${file}`, "utf8"));
    const found = at(at(document, "components"), "schemas");
    for (const [name, schema] of Object.entries(found)) {
      if (isJsonObject(schema)) schemas.set(name, schema);
    }
  }
  return schemas;
}

function at(value: unknown, key: string): JsonObject {
  const inner = isJsonObject(value) ? value[key] : undefined;
  return isJsonObject(inner) ? inner : {};
}

function shortName(name: string): string {
  return name.replace(/^io\.k8s\.(api\.)?/, "");
}

function kindsOf(raw: ReadonlyMap<string, JsonObject>): Map<string, string> {
  const kinds = new Map<string, string>();
  for (const [name, schema] of raw) {
    const ids = schema["x-kubernetes-group-version-kind"];
    if (!Array.isArray(ids) || ids.length !== 1) continue;
    const [id] = ids;
    kinds.set(`${id.group}/${id.version}/${id.kind}`, shortName(name));
  }
  return kinds;
}

function named(name: string, schema: JsonObject, rules: StructRules | undefined): Node {
  if (name.endsWith("api.resource.Quantity")) return "q";
  if (name.endsWith("intstr.IntOrString")) return "u";
  if (/meta\.v1\.(Micro)?Time$/.test(name)) return "t";
  return nodeOf(schema, rules);
}

function nodeOf(schema: JsonObject, rules?: StructRules): Node {
  const target = referenced(schema);
  if (target !== undefined) return target;
  switch (schema.type) {
    case "string":
      return "s";
    case "boolean":
      return "b";
    case "integer":
    case "number":
      return "n";
    case "array":
      return listNode(schema);
    case "object":
      return mapNode(schema, rules);
    default:
      return schema.oneOf === undefined ? "*" : "u";
  }
}

function referenced(schema: JsonObject): string | undefined {
  const [only] = Array.isArray(schema.allOf) ? schema.allOf : [schema];
  const target = isJsonObject(only) ? only.$ref : undefined;
  return typeof target === "string" ? `#${shortName(target.slice(reference.length))}` : undefined;
}

function listNode(schema: JsonObject): Node {
  const items = isJsonObject(schema.items) ? nodeOf(schema.items) : "*";
  const type = schema["x-kubernetes-list-type"];
  if (type === "set") return { l: items, k: [] };
  const keys = schema["x-kubernetes-list-map-keys"];
  return type === "map" && Array.isArray(keys) ? { l: items, k: keys.map(String) } : { l: items };
}

function mapNode(schema: JsonObject, rules: StructRules | undefined): Node {
  const fields: Record<string, FieldNode> = {};
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  for (const [name, property] of Object.entries(properties)) {
    if (isJsonObject(property)) fields[name] = fieldNode(property, rules?.get(name));
  }
  const values = schema.additionalProperties;
  const free = Object.keys(fields).length === 0 && values === undefined;
  if (free) return "*";
  return {
    ...(Object.keys(fields).length > 0 ? { p: fields } : {}),
    ...(isJsonObject(values) ? { v: nodeOf(values) } : {}),
    ...(schema["x-kubernetes-map-type"] === "atomic" ? { a: 1 } : {}),
    ...(Array.isArray(schema.required) ? { r: schema.required.map(String) } : {}),
  };
}

function fieldNode(property: JsonObject, rule: ZeroRule | undefined): FieldNode {
  const isStruct = isJsonObject(property.default);
  const atomic = property["x-kubernetes-map-type"] === "atomic" && property.allOf !== undefined;
  return {
    t: nodeOf(property),
    ...(property.default === undefined || (isStruct && rule === "struct")
      ? {}
      : { d: property.default }),
    ...(rule === "zero" ? { z: 1 } : {}),
    ...(rule === "always" ? { e: 1 } : {}),
    ...(atomic ? { a: 1 } : {}),
  };
}

/** Leaves out what no served kind refers to. */
function reachable(schemas: Record<string, Node>, groups: readonly TableGroup[]) {
  const kept = new Map<string, Node>();
  const visit = (name: string): void => {
    const node = schemas[name];
    if (node === undefined || kept.has(name)) return;
    kept.set(name, node);
    for (const [, target = ""] of JSON.stringify(node).matchAll(/"#([^"]+)"/g)) visit(target);
  };
  for (const { versions } of groups) {
    for (const { resources } of versions) for (const { schema = "" } of resources) visit(schema);
  }
  return Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1)));
}
