import { isMap, type Json, mapAt } from "../json.ts";
import {
  anySchema,
  type Field,
  type ListSchema,
  type MapSchema,
  type Schema,
} from "../typed/schema.ts";
import { builtinSchema } from "./builtin-schemas.ts";

const objectMeta = "apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** The type of a custom resource, from the JSON Schema of one CRD version. */
export function crdSchema(openApi: unknown): MapSchema {
  const root = isMap(openApi) ? openApi : {};
  const preserve = root["x-kubernetes-preserve-unknown-fields"] === true;
  const fields = fieldsOf(root, preserve);
  addMeta(fields);
  return { kind: "map", fields, values: preserve ? anySchema : undefined, atomic: false };
}

function addMeta(fields: Map<string, Field>): void {
  fields.set("apiVersion", { schema: { kind: "scalar", type: "string" } });
  fields.set("kind", { schema: { kind: "scalar", type: "string" } });
  fields.set("metadata", { schema: builtinSchema(objectMeta) });
}

function schemaOf(node: unknown, inherited: boolean): Schema {
  if (!isMap(node)) return anySchema;
  const preserve = inherited || node["x-kubernetes-preserve-unknown-fields"] === true;
  if (node["x-kubernetes-int-or-string"] === true) return { kind: "scalar", type: "untyped" };
  switch (node.type) {
    case "string":
      return { kind: "scalar", type: "string" };
    case "boolean":
      return { kind: "scalar", type: "boolean" };
    case "integer":
    case "number":
      return { kind: "scalar", type: "numeric" };
    case "array":
      return listSchema(node, preserve);
    case "object":
      return mapSchema(node, preserve);
    default:
      return anySchema;
  }
}

function listSchema(node: Json, preserve: boolean): ListSchema {
  const items = schemaOf(node.items, preserve);
  const type = node["x-kubernetes-list-type"];
  if (type === "set") return { kind: "list", items, keys: [] };
  const keys = node["x-kubernetes-list-map-keys"];
  const isKeyed = type === "map" && Array.isArray(keys);
  return { kind: "list", items, keys: isKeyed ? keys.map(String) : undefined };
}

function mapSchema(node: Json, preserve: boolean): MapSchema {
  const fields = fieldsOf(node, preserve);
  if (node["x-kubernetes-embedded-resource"] === true) addMeta(fields);
  return {
    kind: "map",
    fields,
    values: valuesOf(node, preserve, fields.size),
    atomic: node["x-kubernetes-map-type"] === "atomic",
  };
}

function valuesOf(node: Json, preserve: boolean, fieldCount: number): Schema | undefined {
  const declared = node.additionalProperties;
  if (isMap(declared)) return schemaOf(declared, preserve);
  if (declared === true) return anySchema;
  if (declared === false) return undefined;
  return preserve || fieldCount === 0 ? anySchema : undefined;
}

function fieldsOf(node: Json, preserve: boolean): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const [name, property] of Object.entries(mapAt(node, "properties"))) {
    const fallback = isMap(property) ? property.default : undefined;
    const schema = schemaOf(property, preserve);
    fields.set(name, fallback === undefined ? { schema } : { schema, fallback });
  }
  return fields;
}
