import { isJsonObject, type JsonObject } from "../model/json.ts";

/** Maps merge, everything else is replaced by the later one; nothing is changed in place. */
export function mergeDeep(base: JsonObject, over: JsonObject): JsonObject {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const before = merged.get(key);
    const both = isJsonObject(before) && isJsonObject(value);
    merged.set(key, both ? mergeDeep(before, value) : value);
  }
  return Object.fromEntries(merged);
}

/** One source of settings: a value, and where its document says it. */
export interface Layer {
  readonly value: JsonObject;
  /** JSON pointer of the value in its document. */
  readonly pointer: string;
  readonly document: {
    readonly file: string;
    readonly line: number;
    readonly positionOf: (pointer: string) => { line: number; column: number } | undefined;
  };
}

/** Which layer a merged field comes from: the last one that says it, or something above it. */
export function originOf(layers: readonly Layer[], pointer: string): Layer | undefined {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf("/"))) {
    const layer = layers.findLast(({ value }) => valueAt(value, at) !== undefined);
    if (layer !== undefined || at === "") return layer;
  }
}

/** What a JSON pointer names; undefined: nothing is said there. */
export function valueAt(value: unknown, pointer: string): unknown {
  let at = value;
  for (const step of pointer.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(at)) at = at[Number(key)];
    else if (isJsonObject(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}
