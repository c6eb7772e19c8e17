import { isMap } from "../json.ts";
import { elementOf, indexItems } from "./elements.ts";
import {
  type Atom,
  atomOf,
  type ListSchema,
  type MapSchema,
  memberSchema,
  type Schema,
} from "./schema.ts";

/** live + config (§1.18 step 4): maps by key, map lists by keys, sets by value, atomics whole. Nothing is removed. */
export function mergeTyped(schema: Schema, live: unknown, config: unknown): unknown {
  const atom = atomOf(schema, config === undefined ? live : config);
  return mergeAtom(atom, live, config);
}

function mergeAtom(atom: Atom, live: unknown, config: unknown): unknown {
  const whole = config === undefined ? live : config;
  switch (atom.kind) {
    case "scalar":
      return whole;
    case "list": {
      const left = listOf(live);
      const right = listOf(config);
      const isLeaf = atom.keys === undefined || left.length + right.length === 0;
      return isLeaf ? whole : mergeItems(atom, left, right);
    }
    case "map": {
      const left = mapOf(live);
      const right = mapOf(config);
      const isLeaf = atom.atomic || Object.keys({ ...left, ...right }).length === 0;
      return isLeaf ? whole : mergeMembers(atom, left, right);
    }
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function mapOf(value: unknown): Record<string, unknown> {
  return isMap(value) ? value : {};
}

function mergeMembers(
  map: MapSchema,
  live: Record<string, unknown>,
  config: Record<string, unknown>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(live), ...Object.keys(config)])) {
    const schema = memberSchema(map, key);
    if (schema === undefined) continue;
    const value = mergeTyped(schema, live[key], config[key]);
    if (value !== undefined) merged[key] = value;
  }
  return merged;
}

interface Side {
  readonly elements: readonly string[];
  readonly items: readonly unknown[];
  readonly index: ReadonlyMap<string, readonly unknown[]>;
}

function sideOf(list: ListSchema, items: readonly unknown[]): Side {
  const elements = items.map((item) => {
    const found = elementOf(list, item);
    return found.ok ? found.element : "";
  });
  return { elements, items, index: indexItems(list, items) };
}

/** Config's items in config's order; live-only items stay before the shared item that they preceded. */
function mergeItems(
  list: ListSchema,
  left: readonly unknown[],
  right: readonly unknown[],
): unknown[] {
  return new ItemMerge(list, sideOf(list, left), sideOf(list, right)).run();
}

class ItemMerge {
  readonly #list: ListSchema;
  readonly #live: Side;
  readonly #config: Side;
  readonly #shared: string[];
  readonly #out: unknown[] = [];
  readonly #done = new Set<string>();
  #l = 0;
  #r = 0;

  constructor(list: ListSchema, live: Side, config: Side) {
    this.#list = list;
    this.#live = live;
    this.#config = config;
    this.#shared = config.elements.filter((element) => live.index.has(element));
  }

  run(): unknown[] {
    while (this.#left !== undefined || this.#right !== undefined) this.#step();
    return this.#out;
  }

  get #left(): string | undefined {
    return this.#live.elements[this.#l];
  }

  get #right(): string | undefined {
    return this.#config.elements[this.#r];
  }

  #step(): void {
    if (this.#skipOrMergeBoth()) return;
    if (this.#takeLive()) return;
    const element = this.#right;
    if (element === undefined) return;
    this.#merge(element);
    this.#r += 1;
    if (this.#shared[0] === element) this.#shared.shift();
  }

  #skipOrMergeBoth(): boolean {
    const left = this.#left;
    const right = this.#right;
    if (left === undefined || right === undefined) return false;
    if (left === right) {
      this.#merge(left);
      this.#l += 1;
      this.#r += 1;
      this.#shared.shift();
      return true;
    }
    const next = this.#shared[0];
    if (!this.#config.index.has(left) || next === undefined || next === left) return false;
    this.#l += 1;
    return true;
  }

  #takeLive(): boolean {
    const left = this.#left;
    if (left === undefined) return false;
    if (!this.#config.index.has(left)) {
      this.#push(this.#live.items[this.#l], undefined);
      this.#l += 1;
      return true;
    }
    if (this.#done.has(left)) this.#l += 1;
    return false;
  }

  #merge(element: string): void {
    this.#done.add(element);
    const live = this.#live.index.get(element) ?? [];
    // Duplicates in live have no one partner: the applied item replaces them all.
    this.#push(live.length === 1 ? live[0] : undefined, this.#config.index.get(element)?.[0]);
  }

  #push(live: unknown, config: unknown): void {
    const merged = mergeTyped(this.#list.items, live, config);
    if (merged !== undefined) this.#out.push(merged);
  }
}
