import { isMap } from "../json.ts";
import { indexItems } from "./elements.ts";
import { type FieldSet, insert, type MutableFieldSet, newSet, type Path } from "./field-set.ts";
import { atomOf, type ListSchema, type MapSchema, memberSchema, type Schema } from "./schema.ts";

/** The paths that a value has: leaves, list items, set values, atomics, empty containers (§1.18 step 5). */
export function fieldsOf(schema: Schema, value: unknown): FieldSet {
  const set = newSet();
  collect(set, [], { schema, value });
  return set;
}

interface Typed {
  readonly schema: Schema;
  readonly value: unknown;
}

function collect(set: MutableFieldSet, path: Path, { schema, value }: Typed): void {
  const atom = atomOf(schema, value);
  switch (atom.kind) {
    case "scalar":
      insert(set, path);
      return;
    case "list":
      if (atom.keys === undefined) insert(set, path);
      else if (Array.isArray(value)) collectItems(set, path, { list: atom, items: value });
      return;
    case "map":
      if (atom.atomic) insert(set, path);
      else if (isMap(value)) collectMembers(set, path, { map: atom, value });
      return;
  }
}

interface TypedList {
  readonly list: ListSchema;
  readonly items: readonly unknown[];
}

function collectItems(set: MutableFieldSet, path: Path, { list, items }: TypedList): void {
  for (const [element, same] of indexItems(list, items)) {
    const inner = [...path, element];
    if (same.length === 1) collect(set, inner, { schema: list.items, value: same[0] });
    insert(set, inner);
  }
}

interface TypedMap {
  readonly map: MapSchema;
  readonly value: Record<string, unknown>;
}

function collectMembers(set: MutableFieldSet, path: Path, { map, value }: TypedMap): void {
  for (const [key, member] of Object.entries(value)) {
    const schema = memberSchema(map, key);
    if (schema === undefined || member === undefined) continue;
    const inner = [...path, `f:${key}`];
    collect(set, inner, { schema, value: member });
    const isEmpty = member === null || (isMap(member) && Object.keys(member).length === 0);
    if (isEmpty || !map.fields.has(key)) insert(set, inner);
  }
}
