import { jsonEqual } from "../../../../agent/model/json.ts";
import { isMap } from "../json.ts";
import { indexItems } from "./elements.ts";
import { type FieldSet, insert, newSet, type Path } from "./field-set.ts";
import {
  type Atom,
  atomOf,
  type ListSchema,
  type MapSchema,
  memberSchema,
  type Schema,
} from "./schema.ts";

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Which paths differ between two values of one type (§1.18 step 7). `undefined` is absent. */
export function compareTyped(schema: Schema, left: unknown, right: unknown): Comparison {
  const result = { added: newSet(), modified: newSet(), removed: newSet() };
  new Comparer(result).compare(schema, [], { left, right });
  return result;
}

interface Sides {
  readonly left: unknown;
  readonly right: unknown;
}

class Comparer {
  readonly #out: Record<keyof Comparison, ReturnType<typeof newSet>>;

  constructor(out: Record<keyof Comparison, ReturnType<typeof newSet>>) {
    this.#out = out;
  }

  compare(schema: Schema, path: Path, sides: Sides): void {
    const { left, right } = sides;
    const atomLeft = atomOf(schema, left);
    const atomRight = atomOf(schema, right);
    let isLeaf = false;
    if (right === undefined) isLeaf = this.#walk(atomLeft, path, sides);
    else if (left === undefined || atomLeft === atomRight)
      isLeaf = this.#walk(atomRight, path, sides);
    else {
      this.#walk(atomLeft, path, sides);
      isLeaf = this.#walk(atomRight, path, sides);
    }
    if (isLeaf) return;
    if (left === undefined) insert(this.#out.added, path);
    else if (right === undefined) insert(this.#out.removed, path);
  }

  /** True when the node was compared as a whole. */
  #walk(atom: Atom, path: Path, sides: Sides): boolean {
    switch (atom.kind) {
      case "scalar":
        return this.#leaf(path, sides);
      case "list": {
        const left = asList(sides.left);
        const right = asList(sides.right);
        if (atom.keys === undefined || left.length + right.length === 0)
          return this.#leaf(path, sides);
        this.#items(atom, path, { left, right });
        return false;
      }
      case "map": {
        const left = asMap(sides.left);
        const right = asMap(sides.right);
        const isEmpty = Object.keys(left).length + Object.keys(right).length === 0;
        if (atom.atomic || isEmpty) return this.#leaf(path, sides);
        this.#members(atom, path, { left, right });
        return false;
      }
    }
  }

  #leaf(path: Path, { left, right }: Sides): boolean {
    if (left === undefined) insert(this.#out.added, path);
    else if (right === undefined) insert(this.#out.removed, path);
    else if (!jsonEqual(left, right)) insert(this.#out.modified, path);
    return true;
  }

  #members(
    map: MapSchema,
    path: Path,
    { left, right }: { left: Record<string, unknown>; right: Record<string, unknown> },
  ): void {
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const schema = memberSchema(map, key);
      if (schema === undefined) continue;
      this.compare(schema, [...path, `f:${key}`], { left: left[key], right: right[key] });
    }
  }

  #items(
    list: ListSchema,
    path: Path,
    { left, right }: { left: readonly unknown[]; right: readonly unknown[] },
  ): void {
    const before = indexItems(list, left);
    const after = indexItems(list, right);
    for (const element of new Set([...before.keys(), ...after.keys()])) {
      const sides = { left: before.get(element) ?? [], right: after.get(element) ?? [] };
      this.#item(list.items, [...path, element], sides);
    }
  }

  /** Duplicates of a key are one unit: they cannot be told apart. */
  #item(
    schema: Schema,
    path: Path,
    { left, right }: { left: readonly unknown[]; right: readonly unknown[] },
  ): void {
    if (left.length <= 1 && right.length <= 1) {
      this.compare(schema, path, { left: left[0], right: right[0] });
    } else if (left.length > 1 && right.length > 1) {
      if (!jsonEqual(left, right)) insert(this.#out.modified, path);
    } else this.#becomesOne(schema, path, { left, right });
  }

  /** Duplicates on one side only. */
  #becomesOne(
    schema: Schema,
    path: Path,
    { left, right }: { left: readonly unknown[]; right: readonly unknown[] },
  ): void {
    const wasMany = left.length > 1;
    const single = wasMany ? right[0] : left[0];
    if (single !== undefined) {
      const sides = wasMany
        ? { left: undefined, right: single }
        : { left: single, right: undefined };
      this.compare(schema, path, sides);
    }
    insert(wasMany ? this.#out.removed : this.#out.added, path);
  }
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asMap(value: unknown): Record<string, unknown> {
  return isMap(value) ? value : {};
}
