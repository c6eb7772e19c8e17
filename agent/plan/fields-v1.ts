import { isJsonObject, type JsonObject, jsonEqual } from "../model/json.ts";
import type { KubeObject, ManagedFieldsEntry } from "../model/object.ts";
import { pointerSegments } from "./compare.ts";

/** Whether an entry of managedFields holds a path of this object, or anything below it (fieldsV1, §1.18). */
export function ownsPath(entry: ManagedFieldsEntry, object: KubeObject, pointer: string): boolean {
  let node: unknown = entry.fieldsV1 ?? {};
  let value: unknown = object;
  for (const segment of pointerSegments(pointer)) {
    if (!isJsonObject(node)) return false;
    if (isLeaf(node)) return true;
    const key = childKey(node, value, segment);
    if (key === undefined) return false;
    node = node[key];
    value = childValue(value, segment);
  }
  return true;
}

/** A leaf owns everything below it: scalars and atomic maps and lists. */
function isLeaf(node: JsonObject): boolean {
  return Object.keys(node).length === 0;
}

function childValue(value: unknown, segment: string): unknown {
  if (Array.isArray(value)) return value[Number(segment)];
  return isJsonObject(value) ? value[segment] : undefined;
}

function childKey(node: JsonObject, value: unknown, segment: string): string | undefined {
  if (!Array.isArray(value)) {
    const key = `f:${segment}`;
    return Object.hasOwn(node, key) ? key : undefined;
  }
  const item: unknown = value[Number(segment)];
  return Object.keys(node).find((key) => namesItem(key, item, segment));
}

/** Whether a key of fieldsV1 means this item of a list: `k:{…}` by the element's fields, `v:` by its value, `i:` by its place. */
export function namesItem(key: string, item: unknown, segment: string): boolean {
  if (key.startsWith("i:")) return key.slice(2) === segment;
  if (key.startsWith("v:")) return jsonEqual(parsed(key.slice(2)), item);
  if (!key.startsWith("k:")) return false;
  const keys = parsed(key.slice(2));
  if (!isJsonObject(keys) || !isJsonObject(item)) return false;
  return Object.entries(keys).every(([field, wanted]) => jsonEqual(item[field], wanted));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // an unknown spelling owns nothing we can name
  }
}
