import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";
import { escapePointer } from "./compare.ts";
import { namesItem } from "./fields-v1.ts";

/** One member of a set of fields: the keys of fieldsV1 that lead to it, `["f:spec", "f:replicas"]`. */
export type FieldPath = readonly string[];

/** The members of a set as managedFields spells it (fieldsV1): a leaf is one, and what has a `.` is one, too. */
export function membersOf(fields: JsonObject): readonly FieldPath[] {
  return Object.entries(fields).flatMap(([key, child]) => {
    if (key === ".") return [[]];
    const node = isJsonObject(child) ? child : {};
    const isLeaf = Object.keys(node).length === 0;
    return isLeaf ? [[key]] : membersOf(node).map((path) => [key, ...path]);
  });
}

interface Node {
  isMember: boolean;
  readonly children: Map<string, Node>;
}

/** The set of exactly these members, as managedFields spells it. */
export function fieldsOf(members: readonly FieldPath[]): JsonObject {
  const root: Node = { isMember: false, children: new Map() };
  for (const path of members) {
    let node = root;
    for (const key of path) {
      const next: Node = node.children.get(key) ?? { isMember: false, children: new Map() };
      node.children.set(key, next);
      node = next;
    }
    node.isMember = true;
  }
  return { ...(root.isMember ? self : {}), ...spelled(root) };
}

const self: JsonObject = { ".": {} };

function spelled({ children }: Node): JsonObject {
  const inner = [...children].map(([key, child]) => {
    const isInner = child.isMember && child.children.size > 0;
    return [key, { ...(isInner ? self : {}), ...spelled(child) }] as const;
  });
  return Object.fromEntries(inner);
}

/** A member as a key of maps and sets. */
export function fieldKey(path: FieldPath): string {
  return JSON.stringify(path);
}

/** All that lead to one of these members, themselves included. */
export function prefixesOf(members: readonly FieldPath[]): ReadonlySet<string> {
  return new Set(
    members.flatMap((path) => path.map((_key, index) => fieldKey(path.slice(0, index + 1)))),
  );
}

/** As people write it: `spec.template.spec.containers[web].image`. */
export function fieldText(path: FieldPath): string {
  return path.reduce((text, key) => `${text}${step(key, text)}`, "");
}

const plain = /^[A-Za-z_][\w-]*$/;

function step(key: string, before: string): string {
  const [, kind, rest = ""] = /^([fkvi]):(.*)$/s.exec(key) ?? [];
  if (kind !== "f") return `[${kind === "k" ? names(rest) : rest}]`;
  if (!plain.test(rest)) return `[${JSON.stringify(rest)}]`;
  return before === "" ? rest : `.${rest}`;
}

/** `{"containerPort":80,"protocol":"TCP"}` as `80,TCP`. */
function names(keys: string): string {
  const parsed: unknown = JSON.parse(keys);
  return isJsonObject(parsed) ? Object.values(parsed).map(String).join(",") : keys;
}

/** Where it lives, as a JSON pointer; undefined where the object has no such list item. */
export function fieldPointer(path: FieldPath, object: KubeObject): string | undefined {
  let [value, pointer]: [unknown, string] = [object, ""];
  for (const key of path) {
    const at = placeOf(key, value);
    if (at === undefined) return undefined;
    pointer += `/${escapePointer(String(at))}`;
    value = isJsonObject(value) || Array.isArray(value) ? Reflect.get(value, at) : undefined;
  }
  return pointer;
}

function placeOf(key: string, value: unknown): string | number | undefined {
  if (key.startsWith("f:")) return key.slice(2);
  if (!Array.isArray(value)) return undefined;
  const at = value.findIndex((item, index) => namesItem(key, item, String(index)));
  return at === -1 ? undefined : at;
}
