import type { FieldDiff } from "../model/change.ts";
import { isJsonObject, type JsonObject, jsonEqual } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";

/** What the server keeps for itself and no one declares (A-44). */
const serverKept = new Set([
  "managedFields",
  "resourceVersion",
  "generation",
  "uid",
  "selfLink",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
]);

/** The form in which objects are compared: whole, less `status` and what the server keeps (A-44). */
export function comparable(object: KubeObject): JsonObject {
  const { status: _status, metadata, ...rest } = object;
  const kept = Object.entries(metadata).filter(([key]) => !serverKept.has(key));
  return { ...rest, metadata: Object.fromEntries(kept) };
}

/** Whether the server would change nothing that anybody declares. List order counts; `1` equals `1.0` (A-47). */
export function objectsEqual(live: KubeObject, predicted: KubeObject): boolean {
  return jsonEqual(comparable(live), comparable(predicted));
}

/** Every differing field between what is there and what our apply would leave, unmasked; empty when equal. */
export function diffObjects(live: KubeObject, predicted: KubeObject): FieldDiff[] {
  return diffValues({ live: comparable(live), desired: comparable(predicted) }, "", "");
}

interface Pair {
  readonly live: unknown;
  readonly desired: unknown;
}

function diffValues(pair: Pair, path: string, pointer: string): FieldDiff[] {
  const { live, desired } = pair;
  if (jsonEqual(live, desired)) return [];
  if (isJsonObject(live) && isJsonObject(desired))
    return diffMaps({ live, desired }, path, pointer);
  if (Array.isArray(live) && Array.isArray(desired)) {
    return diffLists({ live, desired }, path, pointer);
  }
  return [{ path, pointer, live, desired }];
}

function diffMaps(
  { live, desired }: { readonly live: JsonObject; readonly desired: JsonObject },
  path: string,
  pointer: string,
): FieldDiff[] {
  const keys = [...new Set([...Object.keys(live), ...Object.keys(desired)])];
  return keys.flatMap((key) =>
    diffValues(
      { live: own(live, key), desired: own(desired, key) },
      path === "" ? key : `${path}${/^[A-Za-z0-9_-]+$/.test(key) ? `.${key}` : `[${key}]`}`,
      `${pointer}/${escapePointer(key)}`,
    ),
  );
}

function own(map: JsonObject, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Items are matched by name where all have one; a mere change of order is one difference of the whole list. */
function diffLists(
  { live, desired }: { readonly live: readonly unknown[]; readonly desired: readonly unknown[] },
  path: string,
  pointer: string,
): FieldDiff[] {
  const liveKeys = itemKeys(live);
  const desiredKeys = itemKeys(desired);
  if (liveKeys === undefined || desiredKeys === undefined)
    return [{ path, pointer, live, desired }];
  const all = [...new Set([...liveKeys, ...desiredKeys])];
  const found = all.flatMap((key) => {
    const at = liveKeys.indexOf(key);
    const to = desiredKeys.indexOf(key);
    return diffValues(
      { live: live[at], desired: desired[to] },
      `${path}[${key}]`,
      `${pointer}/${at === -1 ? to : at}`,
    );
  });
  return found.length > 0 ? found : [{ path, pointer, live, desired }];
}

function itemKeys(list: readonly unknown[]): string[] | undefined {
  const keys = list.map((item) =>
    isJsonObject(item) && typeof item["name"] === "string" ? item["name"] : undefined,
  );
  const named = keys.filter((key) => key !== undefined);
  return named.length === list.length && new Set(named).size === list.length ? named : undefined;
}

/** One segment of a JSON pointer. */
export function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** `/spec/a~1b` → `["spec", "a/b"]` */
export function pointerSegments(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value at a pointer; undefined where there is none. */
export function valueAt(root: unknown, segments: readonly string[]): unknown {
  return segments.reduce<unknown>((value, segment) => {
    if (Array.isArray(value)) return value[Number(segment)];
    return isJsonObject(value) ? own(value, segment) : undefined;
  }, root);
}
