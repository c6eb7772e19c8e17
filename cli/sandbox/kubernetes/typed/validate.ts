import { isMap } from "../json.ts";
import { elementOf } from "./elements.ts";
import { printElement } from "./field-set.ts";
import {
  type Atom,
  atomOf,
  type ListSchema,
  type MapSchema,
  memberSchema,
  type Schema,
} from "./schema.ts";

interface Options {
  readonly allowDuplicates: boolean;
  readonly allowUnknown?: boolean;
}

/** Why a value does not fit its type, in the words of the server's apply code; empty when it does. */
export function typeErrors(schema: Schema, value: unknown, options: Options): string[] {
  const atom = atomOf(schema, value);
  if (value === null || value === undefined) return [];
  switch (atom.kind) {
    case "scalar":
      return scalarError(atom.type, value);
    case "list":
      return Array.isArray(value)
        ? listErrors(atom, value, options)
        : [`: expected list, got ${goValue(value)}`];
    case "map":
      return isMap(value)
        ? mapErrors(atom, value, options)
        : [`: expected map, got ${goValue(value)}`];
  }
}

/** All of them as one message. */
export function describeErrors(errors: readonly string[]): string {
  const texts = errors.map((error) => error.replace(/^: /, ""));
  return texts.length === 1
    ? (texts[0] ?? "")
    : ["errors:", ...texts.map((text) => `  ${text}`)].join("\n");
}

function scalarError(type: Extract<Atom, { kind: "scalar" }>["type"], value: unknown): string[] {
  switch (type) {
    case "numeric":
      return isNumber(value) ? [] : [`: expected numeric (int or float), got ${goType(value)}`];
    case "string":
      return typeof value === "string"
        ? []
        : [`: expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`];
    case "boolean":
      return typeof value === "boolean" ? [] : [`: expected boolean, got ${goValue(value)}`];
    case "untyped":
      return typeof value === "object" ? [`: expected any scalar, got ${goValue(value)}`] : [];
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function listErrors(list: ListSchema, items: readonly unknown[], options: Options): string[] {
  const errors: string[] = [];
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const found =
      list.keys === undefined
        ? { ok: true as const, element: `i:${index}` }
        : elementOf(list, item);
    if (!found.ok) return [...errors, `: element ${index}: ${found.message}`];
    const { element } = found;
    if (seen.has(element) && !options.allowDuplicates) {
      errors.push(`: duplicate entries for key ${printElement(element)}`);
    }
    seen.add(element);
    errors.push(...prefixed(printElement(element), typeErrors(list.items, item, options)));
  }
  return errors;
}

function mapErrors(map: MapSchema, value: Record<string, unknown>, options: Options): string[] {
  const errors: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    const schema = memberSchema(map, key);
    if (schema === undefined && options.allowUnknown === true) continue;
    if (schema === undefined) return [...errors, `.${key}: field not declared in schema`];
    errors.push(...prefixed(`.${key}`, typeErrors(schema, member, options)));
  }
  return errors;
}

function prefixed(prefix: string, errors: readonly string[]): string[] {
  return errors.map((error) => prefix + error);
}

function goType(value: unknown): string {
  if (typeof value === "boolean") return "bool";
  if (Array.isArray(value)) return "[]interface {}";
  return isMap(value) ? "map[string]interface {}" : "string";
}

function goValue(value: unknown): string {
  return `&{${goPlain(value)}}`;
}

function goPlain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goPlain).join(" ")}]`;
  if (!isMap(value)) return value === null ? "<nil>" : String(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${key}:${goPlain(value[key])}`);
  return `map[${members.join(" ")}]`;
}

function goSyntax(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (!isMap(value)) return value === null ? "interface {}(nil)" : String(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`);
  return `map[string]interface {}{${members.join(", ")}}`;
}
