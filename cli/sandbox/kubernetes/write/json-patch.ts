import { jsonEqual } from "../../../../agent/model/json.ts";
import { cloneJson, isMap, type Json } from "../json.ts";

export type Patched =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: 400 | 422; readonly message: string };

/** RFC 6902, with the server's words for what goes wrong. Changes `value`. */
export function applyJsonPatch(value: Json, operations: unknown): Patched {
  if (!Array.isArray(operations)) {
    return {
      ok: false,
      code: 400,
      message:
        "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
    };
  }
  let document: unknown = value;
  for (const operation of operations) {
    const outcome = step(document, isMap(operation) ? operation : {});
    if (!outcome.ok) return outcome;
    document = outcome.value;
  }
  return { ok: true, value: document };
}

function step(document: unknown, operation: Json): Patched {
  const path = String(operation.path ?? "");
  switch (operation.op) {
    case "add":
      return write(document, path, { value: operation.value, mode: "add" });
    case "replace":
      return write(document, path, { value: operation.value, mode: "replace" });
    case "remove":
      return write(document, path, { value: undefined, mode: "remove" });
    case "test":
      return jsonEqual(read(document, path) ?? null, operation.value ?? null)
        ? { ok: true, value: document }
        : failed();
    case "copy":
    case "move":
      return transfer(document, operation.op === "move", {
        from: String(operation.from ?? ""),
        path,
      });
    default:
      return failed();
  }
}

function transfer(
  document: unknown,
  isMove: boolean,
  { from, path }: { from: string; path: string },
): Patched {
  const value = cloneJson(read(document, from));
  if (value === undefined) return failed();
  if (!isMove) return write(document, path, { value, mode: "add" });
  const removed = write(document, from, { value: undefined, mode: "remove" });
  return removed.ok ? write(removed.value, path, { value, mode: "add" }) : removed;
}

function failed(): Patched {
  return {
    ok: false,
    code: 422,
    message: "the server rejected our request due to an error in our request",
  };
}

function partsOf(path: string): string[] {
  return path
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function read(document: unknown, path: string): unknown {
  let found = document;
  for (const part of partsOf(path)) {
    if (Array.isArray(found)) found = found[Number(part)];
    else found = isMap(found) ? found[part] : undefined;
  }
  return found;
}

interface Write {
  readonly value: unknown;
  readonly mode: "add" | "replace" | "remove";
}

function write(document: unknown, path: string, change: Write): Patched {
  const parts = partsOf(path);
  const last = parts.pop();
  if (last === undefined) return { ok: true, value: change.value };
  const parentPath = path.slice(0, path.lastIndexOf("/"));
  const parent = read(document, parentPath);
  if (Array.isArray(parent)) {
    return writeItem(parent, last, change) ? { ok: true, value: document } : failed();
  }
  if (!isMap(parent)) return failed();
  if (change.mode !== "add" && !Object.hasOwn(parent, last)) return failed();
  if (change.mode === "remove") delete parent[last];
  else parent[last] = cloneJson(change.value);
  return { ok: true, value: document };
}

function writeItem(parent: unknown[], last: string, { value, mode }: Write): boolean {
  const index = last === "-" ? parent.length : Number(last);
  const limit = mode === "add" ? parent.length : parent.length - 1;
  if (!Number.isInteger(index) || index < 0 || index > limit) return false;
  if (mode === "add") parent.splice(index, 0, cloneJson(value));
  else if (mode === "remove") parent.splice(index, 1);
  else parent[index] = cloneJson(value);
  return true;
}

/** RFC 7396. Changes `value`. */
export function mergePatch(value: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const target: Json = isMap(value) ? value : {};
  for (const [key, member] of Object.entries(patch)) {
    if (member === null) delete target[key];
    else target[key] = mergePatch(target[key], member);
  }
  return target;
}
