import type { ASTNode } from "@marcbachmann/cel-js";
import { isJsonObject } from "../model/json.ts";

const loops: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);
/** They would run a regular expression or a size of a user's making (NEG-16). */
const refused: ReadonlySet<string> = new Set(["matches", "split", "replace", "format", "join"]);
const maxSteps = 4_000_000;

/** What an expression calls: how deep loops stand inside loops, and the first function that is not allowed. */
export interface Shape {
  readonly loopDepth: number;
  readonly refused: string | undefined;
}

/** Reads the shape of a parsed expression. */
export function shapeOf(node: ASTNode): Shape {
  const inner = childrenOf(node.args).map(shapeOf);
  const name = calledBy(node);
  const deepest = Math.max(0, ...inner.map(({ loopDepth }) => loopDepth));
  return {
    loopDepth: deepest + (loops.has(name) ? 1 : 0),
    refused: refused.has(name) ? name : inner.find((shape) => shape.refused)?.refused,
  };
}

function calledBy(node: ASTNode): string {
  return node.op === "call" || node.op === "rcall" ? node.args[0] : "";
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}

/** Whether an expression of that loop depth stays cheap over a value of that many parts. */
export function isAffordable(parts: number, loopDepth: number): boolean {
  return parts ** Math.max(1, loopDepth) <= maxSteps;
}

/** How many values a value is made of. */
export function partsOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + partsOf(item), 1);
  if (!isJsonObject(value)) return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + partsOf(item), 1);
}

/** Integers as CEL knows them; JSON has no others than doubles. */
export function celValue(value: unknown): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, celValue(item)]));
}
