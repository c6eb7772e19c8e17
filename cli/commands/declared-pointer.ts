import type { FieldDiff } from "../../agent/model/change.ts";
import { isJsonObject, jsonEqual } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { escapePointer, pointerSegments } from "../../agent/plan/compare.ts";

interface Pair {
  readonly live: unknown;
  readonly declared: unknown;
}

/** Where Git declares a field that a compare found in live: list items with names may stand elsewhere. */
export function declaredPointer(
  { pointer, live: value, desired }: FieldDiff,
  { live, declared }: { readonly live: KubeObject | undefined; readonly declared: KubeObject },
): string | undefined {
  const segments = pointerSegments(pointer);
  const found: string[] = [];
  let at: Pair = { live, declared };
  for (const [index, segment] of segments.entries()) {
    // An item that is gone from live is known by its name in Git.
    const isGone = index === segments.length - 1 && value === undefined;
    const next = isGone ? itemLike(at.declared, desired, segment) : stepInto(at, segment);
    if (next === undefined) return undefined;
    found.push(next);
    at = { live: childOf(at.live, segment), declared: childOf(at.declared, next) };
  }
  return found.map((segment) => `/${escapePointer(segment)}`).join("");
}

function stepInto({ live, declared }: Pair, segment: string): string | undefined {
  return itemLike(declared, childOf(live, segment), segment);
}

/** The key itself, or in a list with names the place of the item of that name. */
function itemLike(declared: unknown, item: unknown, segment: string): string | undefined {
  if (!Array.isArray(declared)) return segment;
  const name = nameOf(item);
  if (name === undefined) return segment;
  const place = declared.findIndex((other) => nameOf(other) === name);
  return place === -1 ? undefined : String(place);
}

function nameOf(item: unknown): string | undefined {
  return isJsonObject(item) && typeof item["name"] === "string" ? item["name"] : undefined;
}

function childOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** One value to write where Git declares another; undefined takes it out. */
export interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** A difference as few values: of lists of one length, and of maps, only what differs, so that defaults stay out of Git. */
export function leavesOf(
  pointer: string,
  { live, desired }: Pick<FieldDiff, "live" | "desired">,
): readonly Leaf[] {
  return leaves(pointerSegments(pointer), live, desired);
}

function leaves(path: readonly string[], live: unknown, desired: unknown): readonly Leaf[] {
  if (jsonEqual(live, desired)) return [];
  const isList = Array.isArray(live) && Array.isArray(desired) && live.length === desired.length;
  if (isList) return live.flatMap((item, at) => leaves([...path, String(at)], item, desired[at]));
  if (!isJsonObject(live) || !isJsonObject(desired)) return [{ path, value: live }];
  const keys = new Set([...Object.keys(live), ...Object.keys(desired)]);
  return [...keys].flatMap((key) =>
    leaves([...path, key], childOf(live, key), childOf(desired, key)),
  );
}

/** A copy with one value set, or taken out. */
export function withLeaf(
  root: unknown,
  [key, ...rest]: readonly string[],
  value: unknown,
): unknown {
  if (key === undefined) return value;
  const below = withLeaf(childOf(root, key), rest, value);
  if (Array.isArray(root)) {
    const items = root.map((item, at) => (String(at) === key ? below : item));
    return items.filter((item) => item !== undefined);
  }
  const { [key]: _old, ...others } = isJsonObject(root) ? root : {};
  return below === undefined ? others : { ...others, [key]: below };
}
