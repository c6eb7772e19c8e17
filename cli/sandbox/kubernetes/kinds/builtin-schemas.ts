import { gunzipSync } from "node:zlib";
import type { FieldNode, MapNode, Node, Table } from "../../schema/table.ts";
import stored from "../../schema/types.json" with { type: "json" };
import { anySchema, type Field, type MapSchema, type Schema } from "../typed/schema.ts";

let table: Table | undefined;

/** The generated table of built-in kinds, unpacked once. */
export function builtinTable(): Table {
  table ??= parseTable(gunzipSync(Buffer.from(stored.data, "base64")).toString());
  return table;
}

function parseTable(text: string): Table {
  return JSON.parse(text);
}

const named = new Map<string, Schema>();

/** The type of a built-in kind by its name in the table. */
export function builtinSchema(name: string): Schema {
  const known = named.get(name);
  if (known !== undefined) return known;
  const node = builtinTable().schemas[name];
  if (node === undefined) return anySchema;
  if (typeof node === "string" || "l" in node) return schemaOf(node);
  // Registered before it is filled: types may contain themselves.
  const fields = new Map<string, Field>();
  const schema: MapSchema = mapSchema(node, fields);
  named.set(name, schema);
  fill(fields, node);
  return schema;
}

function schemaOf(node: Node): Schema {
  if (typeof node === "string") return leafSchema(node);
  if ("l" in node) return { kind: "list", items: schemaOf(node.l), keys: node.k };
  const fields = new Map<string, Field>();
  fill(fields, node);
  return mapSchema(node, fields);
}

function leafSchema(node: string): Schema {
  switch (node) {
    case "s":
    case "t":
      return { kind: "scalar", type: "string" };
    case "n":
      return { kind: "scalar", type: "numeric" };
    case "b":
      return { kind: "scalar", type: "boolean" };
    case "u":
      return { kind: "scalar", type: "untyped" };
    case "q":
      return { kind: "scalar", type: "untyped", form: "quantity" };
    case "*":
      return anySchema;
    default:
      return builtinSchema(node.slice(1));
  }
}

function mapSchema(node: MapNode, fields: ReadonlyMap<string, Field>): MapSchema {
  return {
    kind: "map",
    fields,
    values: node.v === undefined ? undefined : schemaOf(node.v),
    atomic: node.a === 1,
  };
}

function fill(fields: Map<string, Field>, node: MapNode): void {
  for (const [name, field] of Object.entries(node.p ?? {})) fields.set(name, fieldOf(field));
}

function fieldOf({ t, d, z, e, a }: FieldNode): Field {
  const found = schemaOf(t);
  const schema = a === 1 && found.kind === "map" ? { ...found, atomic: true } : found;
  return {
    schema,
    ...(d === undefined ? {} : { fallback: d }),
    ...(z === 1 ? { zero: "omitted" as const } : {}),
    ...(e === 1 ? { zero: "written" as const } : {}),
  };
}
