import { isJsonObject } from "../model/json.ts";
import { type Resolved, resolveText, type Scope } from "./expression.ts";

/** One expression that could not be resolved. */
export interface SubstitutionFault {
  /** JSON pointer of the scalar. */
  readonly pointer: string;
  readonly message: string;
  readonly next?: string;
}

export interface Substituted {
  readonly value: unknown;
  readonly faults: readonly SubstitutionFault[];
}

/** Expressions in a document's worth of values may bring in at most so many (security §3). */
const maxNodes = 200_000;

/** A copy with all `${{ }}` of its scalars resolved, never of its keys; the same value where there is nothing to do. */
export function substitute(value: unknown, scope: Scope): Substituted {
  const faults: SubstitutionFault[] = [];
  let budget = maxNodes;

  function text(source: string, pointer: string): unknown {
    // Once the budget is gone, one fault says so; the rest would only repeat it.
    if (budget < 0 || !source.includes("${{")) return source;
    const resolved = withinBudget(resolveText(source, scope));
    if (resolved.ok) return resolved.value;
    const { message, next } = resolved;
    faults.push({ pointer, message, ...(next === undefined ? {} : { next }) });
    return source;
  }

  function withinBudget(resolved: Resolved): Resolved {
    if (!resolved.ok) return resolved;
    budget -= countNodes(resolved.value, budget + 1);
    return budget >= 0
      ? resolved
      : { ok: false, message: `expressions bring in more than ${maxNodes} values` };
  }

  function walk(item: unknown, pointer: string): unknown {
    if (typeof item === "string") return text(item, pointer);
    if (Array.isArray(item)) return list(item, pointer);
    return isJsonObject(item) ? map(item, pointer) : item;
  }

  function list(items: readonly unknown[], pointer: string): unknown {
    const copy = items.map((item, index) => walk(item, `${pointer}/${index}`));
    return copy.every((item, index) => item === items[index]) ? items : copy;
  }

  function map(object: Readonly<Record<string, unknown>>, pointer: string): unknown {
    const pairs = Object.entries(object).map(
      ([key, item]) => [key, walk(item, `${pointer}/${escapePointer(key)}`)] as const,
    );
    return pairs.every(([key, item]) => item === object[key]) ? object : Object.fromEntries(pairs);
  }

  // Most documents have none: ten thousand are not taken apart for it.
  return { value: hasExpression(value) ? walk(value, "") : value, faults };
}

function hasExpression(value: unknown): boolean {
  if (typeof value === "string") return value.includes("${{");
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasExpression);
}

/** How many values there are, counting no further than the limit. */
function countNodes(value: unknown, limit: number): number {
  let count = 0;
  const open: unknown[] = [value];
  while (open.length > 0 && count <= limit) {
    const item = open.pop();
    count += 1;
    if (Array.isArray(item)) open.push(...item);
    else if (isJsonObject(item)) open.push(...Object.values(item));
  }
  return count;
}

/** A key as one step of a JSON pointer. */
export function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
