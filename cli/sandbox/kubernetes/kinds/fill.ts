import { isMap, type Json } from "../json.ts";

/** Sets what is absent. */
export function fallback(target: Json, values: Json): void {
  for (const [key, value] of Object.entries(values)) {
    if (target[key] === undefined || target[key] === null) target[key] = value;
  }
}

/** The objects among list items. */
export function maps(values: readonly unknown[]): Json[] {
  return values.filter(isMap);
}
