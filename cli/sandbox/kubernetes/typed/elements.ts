import { canonicalJson } from "../../../../agent/model/json.ts";
import { isMap } from "../json.ts";
import type { ListSchema } from "./schema.ts";

export type ListElement =
  | { readonly ok: true; readonly element: string }
  | { readonly ok: false; readonly message: string };

/** The path element of an item in a map list or set. */
export function elementOf(list: ListSchema, item: unknown): ListElement {
  const keys = list.keys ?? [];
  return keys.length === 0 ? setElement(item) : keyElement(list, keys, item);
}

function setElement(item: unknown): ListElement {
  if (item === null)
    return fail("associative list without keys has an element that's an explicit null");
  if (Array.isArray(item)) return fail("not supported: associative list with lists as elements");
  if (isMap(item)) return fail("associative list without keys has an element that's a map type");
  return { ok: true, element: `v:${canonicalJson(item)}` };
}

function keyElement(list: ListSchema, keys: readonly string[], item: unknown): ListElement {
  if (item === null) return fail("associative list with keys may not have a null element");
  if (!isMap(item)) return fail("associative list with keys may not have non-map elements");
  const found: Record<string, unknown> = {};
  for (const key of keys) {
    const value = Object.hasOwn(item, key) ? item[key] : defaultOf(list, key);
    if (value !== undefined) found[key] = value;
  }
  if (Object.keys(found).length === 0) {
    const names = keys.map((key) => JSON.stringify(key)).join(" ");
    return fail(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return { ok: true, element: `k:${canonicalJson(found)}` };
}

function defaultOf(list: ListSchema, key: string): unknown {
  return list.items.kind === "map" ? list.items.fields.get(key)?.fallback : undefined;
}

function fail(message: string): ListElement {
  return { ok: false, message };
}

/** Items by path element, in order of first appearance; duplicates share an entry. Items without one are left out. */
export function indexItems(list: ListSchema, items: readonly unknown[]): Map<string, unknown[]> {
  const index = new Map<string, unknown[]>();
  for (const item of items) {
    const found = elementOf(list, item);
    if (!found.ok) continue;
    const same = index.get(found.element);
    if (same === undefined) index.set(found.element, [item]);
    else same.push(item);
  }
  return index;
}
