import { isJsonObject, type JsonObject } from "../model/json.ts";

/** What `${{ … }}` can read: paths only, no logic. */
export interface Scope {
  readonly cluster: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly values: JsonObject;
  };
  readonly app: { readonly name: string; readonly namespace?: string };
  /** Absent while the values themselves are resolved. */
  readonly values?: JsonObject;
}

export type Resolved =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly next?: string };

/** Security §3. */
const maxTextLength = 1024 * 1024;
const opening = "${{";

/**
 * A text with its expressions replaced; what comes out is not read again. A text that is one expression takes the type of
 * the value; `$${{` stands for a literal `${{`.
 */
export function resolveText(text: string, scope: Scope): Resolved {
  const parts = partsOf(text);
  if (parts === undefined) return { ok: false, message: `"${opening}" without "}}"` };
  const [only, second] = parts;
  if (only?.kind === "path" && second === undefined) return lookUp(only.text, scope);
  let result = "";
  for (const part of parts) {
    const read =
      part.kind === "text" ? ({ ok: true, value: part.text } as const) : textAt(part.text, scope);
    if (!read.ok) return read;
    result += String(read.value);
    if (result.length > maxTextLength) return { ok: false, message: "the text grows beyond 1 MiB" };
  }
  return { ok: true, value: result };
}

interface Part {
  readonly kind: "text" | "path";
  readonly text: string;
}

/** Literal texts and paths in turn; undefined where an expression does not end. */
function partsOf(text: string): readonly Part[] | undefined {
  const parts: Part[] = [];
  let at = 0;
  for (let start = text.indexOf(opening); start !== -1; start = text.indexOf(opening, at)) {
    if (start > at && text[start - 1] === "$") {
      parts.push({ kind: "text", text: text.slice(at, start - 1) + opening });
      at = start + opening.length;
      continue;
    }
    const end = text.indexOf("}}", start);
    if (end === -1) return undefined;
    if (start > at) parts.push({ kind: "text", text: text.slice(at, start) });
    parts.push({ kind: "path", text: text.slice(start + opening.length, end).trim() });
    at = end + 2;
  }
  if (at < text.length) parts.push({ kind: "text", text: text.slice(at) });
  return parts;
}

function textAt(path: string, scope: Scope): Resolved {
  const read = lookUp(path, scope);
  if (!read.ok || isTextual(read.value)) return read;
  return {
    ok: false,
    message: `${path} is ${kindOf(read.value)}, which cannot be a part of a text`,
  };
}

function isTextual(value: unknown): value is string | number | bigint | boolean {
  return ["string", "number", "bigint", "boolean"].includes(typeof value);
}

function kindOf(value: unknown): string {
  if (value === null) return "empty";
  return Array.isArray(value) ? "a list" : "a map";
}

function lookUp(path: string, scope: Scope): Resolved {
  const [root = "", ...rest] = path.split(".");
  if (root === "cluster") return clusterValue(path, rest, scope);
  if (root === "app" && rest.length === 1) return appValue(path, rest[0] ?? "", scope);
  if (root === "values") return appValues(path, rest, scope);
  return {
    ok: false,
    message: `"${path}" cannot be read; there are cluster.name, cluster.labels.*, cluster.values.*, values.*, app.name and app.namespace`,
  };
}

function clusterValue(
  path: string,
  [part = "", ...keys]: readonly string[],
  scope: Scope,
): Resolved {
  const { name, labels, values } = scope.cluster;
  if (part === "name" && keys.length === 0) return { ok: true, value: name };
  if (part === "labels") {
    // Label keys hold dots themselves.
    return walk(labels, [keys.join(".")], {
      path,
      what: "the cluster's labels",
      where: `metadata.labels of cluster ${name}`,
    });
  }
  if (part === "values") {
    return walk(values, keys, {
      path,
      what: "the cluster",
      where: `spec.values of cluster ${name}`,
    });
  }
  return {
    ok: false,
    message: `"${path}" cannot be read; a cluster has name, labels.* and values.*`,
  };
}

function appValue(path: string, part: string, { app }: Scope): Resolved {
  if (part === "name") return { ok: true, value: app.name };
  if (part === "namespace" && app.namespace !== undefined)
    return { ok: true, value: app.namespace };
  return { ok: false, message: `${path} is undefined here; an app has name and namespace` };
}

function appValues(path: string, keys: readonly string[], { values }: Scope): Resolved {
  if (values === undefined) {
    return {
      ok: false,
      message: `${path} cannot be read inside values: values do not read each other`,
    };
  }
  return walk(values, keys, { path, what: "the app", where: "spec.values in app.yaml" });
}

interface Place {
  readonly path: string;
  readonly what: string;
  readonly where: string;
}

function walk(root: JsonObject, keys: readonly string[], { path, what, where }: Place): Resolved {
  let value: unknown = root;
  for (const key of keys) {
    const parent = value;
    value = childOf(parent, key);
    if (value !== undefined) continue;
    const sets = isJsonObject(parent) ? Object.keys(parent).slice(0, 10).join(", ") : "";
    const hint = sets === "" ? "nothing is set there" : `${what} sets: ${sets}`;
    return {
      ok: false,
      message: `${path} is undefined; ${hint}`,
      next: `add "${key}" to ${where}`,
    };
  }
  return { ok: true, value };
}

function childOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return /^[0-9]{1,6}$/.test(key) ? value[Number(key)] : undefined;
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
