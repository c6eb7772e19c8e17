import type { Cause } from "../http/fault.ts";
import { cloneJson, isMap, type Json, mapAt } from "../json.ts";

/** Drops what a structural schema does not declare, and names the paths. `metadata` and type fields of the root are kept. */
export function pruneUnknown(
  schema: unknown,
  value: unknown,
  path = "",
): { value: unknown; unknown: string[] } {
  const unknown: string[] = [];
  const pruned = prune(schema, value, { path, unknown, isResource: path === "" });
  return { value: pruned, unknown };
}

interface Pruning {
  readonly path: string;
  readonly unknown: string[];
  readonly isResource: boolean;
}

function prune(schema: unknown, value: unknown, at: Pruning): unknown {
  if (!isMap(schema)) return value;
  if (Array.isArray(value)) {
    return value.map((item, index) =>
      prune(schema.items, item, { ...at, path: `${at.path}[${index}]`, isResource: false }),
    );
  }
  return isMap(value) ? pruneMap(schema, value, at) : value;
}

function pruneMap(schema: Json, value: Json, at: Pruning): Json {
  const kept: Json = {};
  const isResource = at.isResource || schema["x-kubernetes-embedded-resource"] === true;
  for (const [key, member] of Object.entries(value)) {
    const path = at.path === "" ? key : `${at.path}.${key}`;
    const isTyped = isResource && ["apiVersion", "kind", "metadata"].includes(key);
    const declared = isTyped || memberOf(schema, key);
    if (declared === false) at.unknown.push(path);
    else kept[key] = prune(declared, member, { ...at, path, isResource: false });
  }
  return kept;
}

/** The schema of a member; true: anything; false: not declared. */
function memberOf(schema: Json, key: string): unknown {
  const declared = mapAt(schema, "properties")[key];
  if (declared !== undefined) return declared;
  if (isMap(schema.additionalProperties)) return schema.additionalProperties;
  return (
    schema.additionalProperties === true || schema["x-kubernetes-preserve-unknown-fields"] === true
  );
}

/** Fills in the defaults of a structural schema. Changes `value`. */
export function applyDefaults(schema: unknown, value: unknown): void {
  if (!isMap(schema)) return;
  if (Array.isArray(value)) {
    for (const item of value) applyDefaults(schema.items, item);
    return;
  }
  if (!isMap(value)) return;
  for (const [name, property] of Object.entries(mapAt(schema, "properties"))) {
    if (isMap(property)) defaultMember(property, value, name);
  }
  if (!isMap(schema.additionalProperties)) return;
  for (const member of Object.values(value)) applyDefaults(schema.additionalProperties, member);
}

function defaultMember(property: Json, value: Json, name: string): void {
  const isMissing =
    value[name] === undefined || (value[name] === null && property.nullable !== true);
  if (isMissing && property.default !== undefined) value[name] = cloneJson(property.default);
  applyDefaults(property, value[name]);
}

/** What a structural schema says against a value, as causes of a 422. */
export function schemaCauses(schema: unknown, value: unknown, path = ""): Cause[] {
  if (!isMap(schema) || value === undefined) return [];
  const wrong = typeCause(schema, value, path);
  if (wrong !== undefined) return [wrong];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => schemaCauses(schema.items, item, `${path}[${index}]`));
  }
  return isMap(value) ? [...mapCauses(schema, value, path)] : scalarCauses(schema, value, path);
}

function typeCause(schema: Json, value: unknown, path: string): Cause | undefined {
  const { type } = schema;
  if (typeof type !== "string" || (value === null && schema.nullable === true)) return undefined;
  const found = jsonType(value);
  if (found === type || (type === "number" && found === "integer")) return undefined;
  return {
    reason: "FieldValueTypeInvalid",
    message: `Invalid value: "${found}": ${path} in body must be of type ${type}: "${found}"`,
    field: path,
  };
}

function jsonType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "bigint" || Number.isInteger(value)) return "integer";
  return typeof value;
}

function* mapCauses(schema: Json, value: Json, path: string): Generator<Cause> {
  const below = (key: string) => (path === "" ? key : `${path}.${key}`);
  for (const key of Array.isArray(schema.required) ? schema.required.map(String) : []) {
    if (value[key] !== undefined) continue;
    yield { reason: "FieldValueRequired", message: "Required value", field: below(key) };
  }
  for (const [key, member] of Object.entries(value)) {
    const declared = memberOf(schema, key);
    if (path !== "" || key !== "metadata") yield* schemaCauses(declared, member, below(key));
  }
}

function scalarCauses(schema: Json, value: unknown, path: string): Cause[] {
  const causes: Cause[] = [];
  const shown = JSON.stringify(value);
  const report = (text: string) =>
    causes.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${shown}: ${path} in body should ${text}`,
      field: path,
    });
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) {
    const options = schema.enum.map((option) => JSON.stringify(option)).join(", ");
    causes.push({
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${shown}: supported values: ${options}`,
      field: path,
    });
  }
  if (typeof schema.minimum === "number" && Number(value) < schema.minimum) {
    report(`be greater than or equal to ${schema.minimum}`);
  }
  if (typeof schema.maximum === "number" && Number(value) > schema.maximum) {
    report(`be less than or equal to ${schema.maximum}`);
  }
  if (typeof schema.pattern === "string" && !new RegExp(schema.pattern).test(String(value))) {
    report(`match '${schema.pattern}'`);
  }
  return causes;
}
