/** One key of the values, as JSON Schema that helm understands. */
export interface SchemaNode {
  readonly type?: string;
  readonly description: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: unknown;
  readonly items?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
}

/** A group of keys; a key that it does not have is refused. */
export function group(
  description: string,
  properties: Readonly<Record<string, SchemaNode>>,
): SchemaNode {
  return { type: "object", description, additionalProperties: false, properties };
}

export function flag(description: string, preset: boolean): SchemaNode {
  return { type: "boolean", description, default: preset };
}

export function text(description: string, preset = ""): SchemaNode {
  return { type: "string", description, default: preset };
}

export function list(
  description: string,
  items: Readonly<Record<string, unknown>> = { type: "object" },
): SchemaNode {
  return { type: "array", description, items, default: [] };
}

/** Names to values, or a piece of a Kubernetes object that its API server checks. */
export function free(
  description: string,
  preset: Readonly<Record<string, unknown>> = {},
): SchemaNode {
  return { type: "object", description, default: preset };
}

export function labels(description: string): SchemaNode {
  const additionalProperties = { type: "string" };
  return { type: "object", description, additionalProperties, default: {} };
}

export interface Leaf {
  readonly path: readonly string[];
  readonly node: SchemaNode;
}

/** Every key that holds a value, in order. */
export function leavesOf(node: SchemaNode, path: readonly string[] = []): readonly Leaf[] {
  if (node.properties === undefined) return [{ path, node }];
  return Object.entries(node.properties).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}
