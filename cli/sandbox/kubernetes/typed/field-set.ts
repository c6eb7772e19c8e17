import { isJsonObject } from "../../../../agent/model/json.ts";

/**
 * A set of field paths. Path elements are written as in fieldsV1: `f:name`, `k:{"a":1}`, `v:json`, `i:n`. A member owns the node
 * itself; what is below it is in `children`.
 */
export interface FieldSet {
  readonly members: ReadonlySet<string>;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export interface MutableFieldSet extends FieldSet {
  readonly members: Set<string>;
  readonly children: Map<string, MutableFieldSet>;
}

export type Path = readonly string[];

export const emptySet: FieldSet = { members: new Set(), children: new Map() };

export function newSet(): MutableFieldSet {
  return { members: new Set(), children: new Map() };
}

/** Adds one path; the root itself is never owned. */
export function insert(set: MutableFieldSet, path: Path): void {
  const last = path.at(-1);
  if (last === undefined) return;
  let node = set;
  for (const element of path.slice(0, -1)) {
    const child = node.children.get(element) ?? newSet();
    node.children.set(element, child);
    node = child;
  }
  node.members.add(last);
}

export function setOf(...paths: Path[]): FieldSet {
  const set = newSet();
  for (const path of paths) insert(set, path);
  return set;
}

export function isEmptySet(set: FieldSet): boolean {
  return set.members.size === 0 && [...set.children.values()].every(isEmptySet);
}

/** What is below one element. */
export function below(set: FieldSet, element: string): FieldSet {
  return set.children.get(element) ?? emptySet;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map(a.children);
  for (const [element, child] of b.children) {
    const mine = children.get(element);
    children.set(element, mine === undefined ? child : union(mine, child));
  }
  return { members: a.members.union(b.members), children };
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children) {
    const shared = intersection(child, below(b, element));
    if (!isEmptySet(shared)) children.set(element, shared);
  }
  return { members: a.members.intersection(b.members), children };
}

/** Takes the paths of `b` out of `a`; paths below them stay. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children) {
    const rest = difference(child, below(b, element));
    if (!isEmptySet(rest)) children.set(element, rest);
  }
  return { members: a.members.difference(b.members), children };
}

/** Takes the paths of `b` and all below them out of `a`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children) {
    if (b.members.has(element)) continue;
    const rest = recursiveDifference(child, below(b, element));
    if (!isEmptySet(rest)) children.set(element, rest);
  }
  return { members: a.members.difference(b.members), children };
}

export function setsEqual(a: FieldSet, b: FieldSet): boolean {
  return isEmptySet(difference(a, b)) && isEmptySet(difference(b, a));
}

/** Every path, parents before what is below them. */
export function* pathsOf(set: FieldSet, prefix: Path = []): Generator<Path> {
  for (const element of [...set.members].sort()) yield [...prefix, element];
  for (const element of [...set.children.keys()].sort()) {
    yield* pathsOf(below(set, element), [...prefix, element]);
  }
}

/** Reads fieldsV1; what is no path element is ignored. */
export function readFields(fields: unknown): FieldSet {
  const set = newSet();
  if (!isJsonObject(fields)) return set;
  for (const [element, inner] of Object.entries(fields)) {
    if (!/^[fkvi]:/.test(element) || !isJsonObject(inner)) continue;
    const isLeaf = Object.keys(inner).length === 0;
    if (isLeaf || Object.hasOwn(inner, ".")) set.members.add(element);
    const child = readFields(inner);
    if (!isEmptySet(child)) set.children.set(element, { ...newSet(), ...asMutable(child) });
  }
  return set;
}

function asMutable(set: FieldSet): MutableFieldSet {
  return {
    members: new Set(set.members),
    children: new Map([...set.children].map(([key, child]) => [key, asMutable(child)])),
  };
}

/** Writes fieldsV1. */
export function writeFields(set: FieldSet): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const elements = new Set([...set.members, ...set.children.keys()]);
  for (const element of [...elements].sort()) {
    const child = set.children.get(element);
    const inner = child === undefined ? {} : writeFields(child);
    const owned = set.members.has(element) && child !== undefined ? { ".": {} } : {};
    fields[element] = { ...owned, ...inner };
  }
  return fields;
}

/** As the server prints a path in messages: `.spec.ports[port=80,protocol="TCP"].name`. */
export function printPath(path: Path): string {
  return path.map(printElement).join("");
}

export function printElement(element: string): string {
  const content = element.slice(2);
  switch (element[0]) {
    case "f":
      return `.${content}`;
    case "k":
      return `[${Object.entries(JSON.parse(content))
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(",")}]`;
    case "v":
      return `[=${content}]`;
    default:
      return `[${content}]`;
  }
}
