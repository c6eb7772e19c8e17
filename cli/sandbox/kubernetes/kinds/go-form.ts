import { isMap, type Json } from "../json.ts";
import type { Field, MapSchema, Schema } from "../typed/schema.ts";
import { canonicalQuantity } from "./quantity.ts";

/**
 * A built-in object as the server's Go types write it back: unknown fields and empty optional values are gone, structs and fields
 * that are always written are there, quantities have their canonical form.
 */
export function goForm(schema: MapSchema, value: Json): Json {
  const written: Json = {};
  for (const [key, field] of schema.fields) {
    const member = goField(field, value[key]);
    if (member !== undefined) written[key] = member;
  }
  return schema.values === undefined ? written : { ...goValues(schema.values, value), ...written };
}

function goValues(values: Schema, value: Json): Json {
  const written: Json = {};
  for (const [key, member] of Object.entries(value)) {
    written[key] = goValue(values, member) ?? zeroOf(values);
  }
  return written;
}

function zeroOf(schema: Schema): unknown {
  if (schema.kind !== "scalar") return null;
  return { string: "", numeric: 0, boolean: false, untyped: null }[schema.type];
}

function goField(field: Field, value: unknown): unknown {
  const { schema, fallback, zero } = field;
  if (value === undefined || value === null) return absent(field);
  const written = goValue(schema, value);
  if (zero === "omitted" && isZero(schema, written)) {
    return isMap(fallback) ? written : undefined;
  }
  return written;
}

function absent({ schema, fallback, zero }: Field): unknown {
  if (isMap(fallback) && schema.kind === "map") return goForm(schema, {});
  if (zero === "written") return fallback ?? null;
  return undefined;
}

function isZero(schema: Schema, value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isMap(value)) {
    const isStruct = schema.kind === "map" && schema.fields.size > 0;
    return !isStruct && Object.keys(value).length === 0;
  }
  return value === "" || value === 0 || value === false;
}

function goValue(schema: Schema, value: unknown): unknown {
  if (value === null) return undefined;
  switch (schema.kind) {
    case "any":
      return value;
    case "scalar":
      return schema.form === "quantity" ? (canonicalQuantity(value) ?? value) : value;
    case "list":
      return Array.isArray(value)
        ? value.map((item) => goValue(schema.items, item) ?? zeroOf(schema.items))
        : value;
    case "map":
      return isMap(value) ? goForm(schema, value) : value;
  }
}
