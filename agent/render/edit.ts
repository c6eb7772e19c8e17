import { isJsonObject } from "../model/json.ts";

/**
 * A copy with the values at a path replaced by what `edit` gives; `undefined` drops the key. `*` is every item of a list
 * or every value of a map. A path that is not there changes nothing, and the same value comes back.
 */
export function editAt<T>(value: T, path: readonly string[], edit: (value: unknown) => unknown): T {
  // The root keeps its type: only what is below it is replaced.
  return step(value, path, edit) as T;
}

function step(value: unknown, path: readonly string[], edit: (value: unknown) => unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return edit(value);
  if (Array.isArray(value)) return key === "*" ? editItems(value, rest, edit) : value;
  if (!isJsonObject(value)) return value;
  const keys =
    key === "*" ? Object.keys(value) : [key].filter((name) => Object.hasOwn(value, name));
  const changed = new Map(keys.map((name) => [name, step(value[name], rest, edit)]));
  if ([...changed].every(([name, item]) => item === value[name])) return value;
  const pairs = Object.entries(value).flatMap(([name, item]): (readonly [string, unknown])[] => {
    if (!changed.has(name)) return [[name, item]];
    const next = changed.get(name);
    return next === undefined ? [] : [[name, next]];
  });
  return Object.fromEntries(pairs);
}

function editItems(
  items: readonly unknown[],
  rest: readonly string[],
  edit: (value: unknown) => unknown,
): readonly unknown[] {
  const next = items.map((item) => step(item, rest, edit));
  return next.every((item, index) => item === items[index]) ? items : next;
}

/** The values at a path, with their JSON pointers. */
export function valuesAt(
  value: unknown,
  path: readonly string[],
): readonly { readonly value: unknown; readonly pointer: string }[] {
  const [key, ...rest] = path;
  if (key === undefined) return [{ value, pointer: "" }];
  return children(value, key).flatMap(([name, item]) =>
    valuesAt(item, rest).map((found) => ({
      value: found.value,
      pointer: `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}${found.pointer}`,
    })),
  );
}

function children(value: unknown, key: string): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) {
    return key === "*" ? value.map((item, index) => [String(index), item] as const) : [];
  }
  if (!isJsonObject(value)) return [];
  if (key === "*") return Object.entries(value);
  return Object.hasOwn(value, key) ? [[key, value[key]]] : [];
}
