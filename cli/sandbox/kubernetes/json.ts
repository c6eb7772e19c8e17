import { isJsonObject } from "../../../agent/model/json.ts";

/** A JSON object that the server is still building. */
export type Json = Record<string, unknown>;

export function isMap(value: unknown): value is Json {
  return isJsonObject(value);
}

/** A copy that shares nothing with the original. */
export function cloneJson<T>(value: T): T {
  return structuredClone(value);
}

/** The object under a key; an empty one where there is none. */
export function mapAt(value: unknown, ...path: string[]): Json {
  const found = valueAt(value, ...path);
  return isMap(found) ? found : {};
}

export function listAt(value: unknown, ...path: string[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function textAt(value: unknown, ...path: string[]): string {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : "";
}

export function valueAt(value: unknown, ...path: string[]): unknown {
  let found = value;
  for (const key of path) found = isMap(found) ? found[key] : undefined;
  return found;
}

/** The object under a key, made when it is missing. */
export function ensureMap(value: Json, key: string): Json {
  const found = value[key];
  if (isMap(found)) return found;
  const made: Json = {};
  value[key] = made;
  return made;
}
