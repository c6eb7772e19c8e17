/** What server-side apply must know about a type (semantics §1.18, topology). */
export type Schema = ScalarSchema | MapSchema | ListSchema | AnySchema;

export interface ScalarSchema {
  readonly kind: "scalar";
  readonly type: "string" | "numeric" | "boolean" | "untyped";
  /** Values have a canonical form. */
  readonly form?: "quantity";
}

export interface MapSchema {
  readonly kind: "map";
  readonly fields: ReadonlyMap<string, Field>;
  /** Type of what is under other keys; undefined: other keys are unknown fields. */
  readonly values: Schema | undefined;
  readonly atomic: boolean;
}

export interface ListSchema {
  readonly kind: "list";
  readonly items: Schema;
  /** Keys of a map list; `[]` for a set; undefined: atomic. */
  readonly keys: readonly string[] | undefined;
}

/** No declared type: what it is shows in the value. */
export interface AnySchema {
  readonly kind: "any";
}

export interface Field {
  readonly schema: Schema;
  readonly fallback?: unknown;
  /** How Go writes the zero value; absent: unknown, or a pointer. */
  readonly zero?: "omitted" | "written";
}

export type Atom = ScalarSchema | MapSchema | ListSchema;

export const anySchema: AnySchema = { kind: "any" };
const anyScalar: ScalarSchema = { kind: "scalar", type: "untyped" };
const anyList: ListSchema = { kind: "list", items: anySchema, keys: undefined };
export const anyMap: MapSchema = {
  kind: "map",
  fields: new Map(),
  values: anySchema,
  atomic: false,
};

/** The type that a value has: the declared one, else what it looks like. */
export function atomOf(schema: Schema, value: unknown): Atom {
  if (schema.kind !== "any") return schema;
  if (Array.isArray(value)) return anyList;
  if (value === null || value === undefined || typeof value === "object") return anyMap;
  return anyScalar;
}

/** Type of a member of a map; undefined for an unknown field. */
export function memberSchema(map: MapSchema, key: string): Schema | undefined {
  return map.fields.get(key)?.schema ?? map.values;
}
