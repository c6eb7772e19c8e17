import { isMap, type Json } from "../json.ts";
import { anySchema, atomOf, type ListSchema, memberSchema, type Schema } from "../typed/schema.ts";

/** Strategic merge patch as kubectl sends it: lists with keys merge by their first key; `$patch` and its kin are obeyed. */
export function strategicMerge(schema: Schema, value: unknown, patch: unknown): unknown {
  const atom = atomOf(schema, patch);
  if (Array.isArray(patch)) return atom.kind === "list" ? mergeList(atom, value, patch) : patch;
  if (!isMap(patch)) return patch;
  const { $patch: directive, ...members } = patch;
  if (directive === "replace") return members;
  if (directive === "delete") return {};
  const target: Json = isMap(value) ? { ...value } : {};
  for (const [key, member] of Object.entries(members)) mergeMember(atom, target, { key, member });
  return target;
}

const unlisted = "$deleteFromPrimitiveList/";

function mergeMember(
  schema: Schema,
  target: Json,
  { key, member }: { key: string; member: unknown },
): void {
  if (key.startsWith(unlisted)) {
    const field = key.slice(unlisted.length);
    const gone = Array.isArray(member) ? member : [];
    const list = target[field];
    if (Array.isArray(list)) target[field] = list.filter((item) => !gone.includes(item));
  } else if (key === "$retainKeys" && Array.isArray(member)) {
    for (const known of Object.keys(target)) if (!member.includes(known)) delete target[known];
  } else if (key.startsWith("$")) {
    // $setElementOrder: order is cosmetic, the items carry what matters.
  } else if (member === null) delete target[key];
  else {
    const inner = schema.kind === "map" ? (memberSchema(schema, key) ?? anySchema) : anySchema;
    target[key] = strategicMerge(inner, target[key], member);
  }
}

function mergeList(list: ListSchema, value: unknown, patch: readonly unknown[]): unknown {
  const live = Array.isArray(value) ? value : [];
  const [key] = list.keys ?? [];
  if (list.keys === undefined) return patch;
  if (key === undefined) return [...new Set([...live, ...patch])];
  let items: unknown[] = [...live];
  for (const item of patch.filter(isMap)) {
    const at = items.findIndex((known) => isMap(known) && known[key] === item[key]);
    if (item.$patch === "delete") items = items.filter((_, index) => index !== at);
    else if (item.$patch === "replace") items = [];
    else if (at === -1) items.push(strategicMerge(list.items, {}, item));
    else items[at] = strategicMerge(list.items, items[at], item);
  }
  return items;
}
