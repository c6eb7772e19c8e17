import { resolveScalar, type Scalar } from "./yaml-scalar.ts";

/** Where a key or list item stands, and what is below it. Offsets into the source. */
export interface Spot {
  readonly offset: number;
  readonly children?: ReadonlyMap<string, Spot>;
}

/** Something that is wrong at an offset; `other` is the first of two places. */
export interface Fault {
  readonly offset: number;
  readonly message: string;
  readonly other?: number;
}

/** Limits of security §3. */
export const yamlLimits = {
  depth: 100,
  aliases: 100,
  mergeKeys: 10_000,
  nodes: 200_000,
} as const;

export interface BuiltDocument {
  readonly value: unknown;
  readonly spot: Spot;
  /** Nodes when every alias is written out. */
  readonly nodes: number;
}

/** Stops the build: going on would cost too much. */
export class YamlLimit extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** One finished value. `size` and `height` count the graph as if aliases were written out. */
export interface Node {
  readonly value: unknown;
  readonly offset: number;
  readonly children?: ReadonlyMap<string, Spot>;
  readonly size: number;
  readonly height: number;
  /** As a key: its text, or undefined where it cannot be one. */
  readonly key: string | undefined;
  readonly isMerge: boolean;
}

export interface Frame {
  readonly kind: "map" | "list";
  readonly isFlow: boolean;
  readonly offset: number;
  readonly anchor: string | undefined;
  readonly entries: Record<string, unknown>;
  readonly items: unknown[];
  readonly children: Map<string, Spot>;
  /** Keys written out in this map, by offset; merged ones are not among them. */
  readonly written: Map<string, number>;
  key: Node | undefined;
  size: number;
  height: number;
}

export interface Entry {
  readonly value: unknown;
  readonly spot: Spot;
}

/** Adds a pair; `__proto__` is a key like any other. */
export function put(frame: Frame, name: string, { value, spot }: Entry): void {
  Object.defineProperty(frame.entries, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  frame.children.set(name, spot);
}

/** Quoted and block scalars are text. */
export function untagged(text: string, isPlain: boolean): Scalar {
  return isPlain ? resolveScalar(text) : ({ kind: "str", value: text } as const);
}

export function spotOf({ offset, children }: Node): Spot {
  return children === undefined ? { offset } : { offset, children };
}

/** A finished map, as a merge takes it. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
