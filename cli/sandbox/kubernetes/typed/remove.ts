import { isMap } from "../json.ts";
import { elementOf } from "./elements.ts";
import { below, type FieldSet, isEmptySet } from "./field-set.ts";
import {
  anySchema,
  atomOf,
  type ListSchema,
  type MapSchema,
  memberSchema,
  type Schema,
} from "./schema.ts";

/** The value without the paths of `set`. A container that loses all it held becomes `null`. */
export function removeFields(schema: Schema, value: unknown, set: FieldSet): unknown {
  const atom = atomOf(schema, value);
  switch (atom.kind) {
    case "scalar":
      return value;
    case "list":
      return Array.isArray(value) && atom.keys !== undefined ? removeItems(atom, value, set) : null;
    case "map":
      return isMap(value) && !atom.atomic ? removeMembers(atom, value, set) : null;
  }
}

function removeItems(list: ListSchema, items: readonly unknown[], set: FieldSet): unknown {
  const kept: unknown[] = [];
  for (const item of items) {
    const found = elementOf(list, item);
    if (!found.ok) continue;
    if (set.members.has(found.element)) continue;
    const inner = below(set, found.element);
    kept.push(isEmptySet(inner) ? item : removeFields(list.items, item, inner));
  }
  return kept.length > 0 ? kept : null;
}

function removeMembers(map: MapSchema, value: Record<string, unknown>, set: FieldSet): unknown {
  const kept: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (set.members.has(`f:${key}`)) continue;
    const inner = below(set, `f:${key}`);
    const schema = memberSchema(map, key) ?? anySchema;
    kept[key] = isEmptySet(inner) ? member : removeFields(schema, member, inner);
  }
  return Object.keys(kept).length > 0 ? kept : null;
}

/** Adds the declared fields that a set only passes through: `a.b` then owns `a` too, if `a` is a declared field. */
export function withNamedFields(set: FieldSet, schema: Schema | undefined): FieldSet {
  const members = new Set(set.members);
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    if (isDeclared(schema, element)) members.add(element);
    children.set(element, withNamedFields(child, schemaBelow(schema, element)));
  }
  return { members, children };
}

function isDeclared(schema: Schema | undefined, element: string): boolean {
  return schema?.kind === "map" && element.startsWith("f:") && schema.fields.has(element.slice(2));
}

/** Type of what a path element leads to. */
export function schemaBelow(schema: Schema | undefined, element: string): Schema | undefined {
  if (schema === undefined) return undefined;
  if (schema.kind === "any") return anySchema;
  if (schema.kind === "map" && element.startsWith("f:"))
    return memberSchema(schema, element.slice(2));
  return schema.kind === "list" && element.startsWith("k:") ? schema.items : undefined;
}
