import { isJsonObject, type JsonObject, jsonEqual } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";
import { pointerSegments } from "./compare.ts";

/** Where a declared path lives. */
export interface Located {
  /** Pointer into the live object; it differs where a list item stands elsewhere. */
  readonly pointer: string;
  /** It lies inside a list that only changes as a whole. */
  readonly isAtomic: boolean;
}

interface Step {
  readonly declared: unknown;
  readonly live: unknown;
  /** What each entry of managedFields says at this place. */
  readonly nodes: readonly JsonObject[];
  readonly at: Located;
}

/** Follows a pointer into what is declared to its place in live; undefined where live lacks a list item on the way. */
export function locate(
  declared: KubeObject,
  live: KubeObject,
  pointer: string,
): Located | undefined {
  let step: Step | undefined = {
    declared,
    live,
    nodes: (live.metadata.managedFields ?? []).map(({ fieldsV1 }) => fieldsV1 ?? {}),
    at: { pointer: "", isAtomic: false },
  };
  const written = pointer.split("/").slice(1);
  for (const [index, segment] of pointerSegments(pointer).entries()) {
    if (step === undefined) return undefined;
    step = Array.isArray(step.declared)
      ? intoList(step, Number(segment))
      : intoMap(step, segment, written[index] ?? "");
  }
  return step?.at;
}

function intoMap(step: Step, segment: string, written: string): Step {
  return {
    declared: childOf(step.declared, segment),
    live: childOf(step.live, segment),
    nodes: childNodes(step.nodes, `f:${segment}`),
    at: { ...step.at, pointer: `${step.at.pointer}/${written}` },
  };
}

function intoList({ declared, live, nodes, at }: Step, index: number): Step | undefined {
  const item: unknown = Array.isArray(declared) ? declared[index] : undefined;
  const items: readonly unknown[] = Array.isArray(live) ? live : [];
  const names = nodes.flatMap((node) => Object.keys(node));
  const keyed = names.find((name) => name.startsWith("k:") || name.startsWith("v:"));
  const place = keyed === undefined ? index : items.findIndex(matcher(keyed, item));
  if (place < 0 || place >= items.length) return undefined;
  const own = names.filter((name) => namesItem(name, item));
  return {
    declared: item,
    live: items[place],
    nodes: own.length === 0 ? [] : childNodes(nodes, ...own),
    at: { pointer: `${at.pointer}/${place}`, isAtomic: at.isAtomic || keyed === undefined },
  };
}

/** Two items are the same when their keys are: those that any entry names for this list. */
function matcher(keyed: string, item: unknown): (other: unknown) => boolean {
  const keys = keyed.startsWith("k:") ? parsed(keyed) : undefined;
  if (!isJsonObject(keys)) return (other) => jsonEqual(other, item);
  return (other) =>
    Object.keys(keys).every((key) => jsonEqual(childOf(other, key), childOf(item, key)));
}

function namesItem(name: string, item: unknown): boolean {
  const keys = parsed(name);
  if (!name.startsWith("k:") || !isJsonObject(keys)) return false;
  return Object.entries(keys).every(([key, value]) => jsonEqual(childOf(item, key), value));
}

function childNodes(nodes: readonly JsonObject[], ...names: readonly string[]): JsonObject[] {
  return nodes.flatMap((node) => names.map((name) => node[name])).filter(isJsonObject);
}

function childOf(value: unknown, key: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function parsed(name: string): unknown {
  try {
    return JSON.parse(name.slice(2));
  } catch {
    return undefined; // an unknown spelling names nothing
  }
}
