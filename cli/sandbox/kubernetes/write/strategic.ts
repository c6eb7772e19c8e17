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

interface Member {
  readonly key: string;
  readonly member: unknown;
}

function mergeMember(schema: Schema, target: Json, { key, member }: Member): void {
  if (key.startsWith("$")) obey(target, { key, member });
  else if (member === null) delete target[key];
  else {
    const inner = schema.kind === "map" ? (memberSchema(schema, key) ?? anySchema) : anySchema;
    target[key] = strategicMerge(inner, target[key], member);
  }
}

/** `$setElementOrder` is let be: order is cosmetic, the items carry what matters. */
function obey(target: Json, { key, member }: Member): void {
  const names: readonly unknown[] = Array.isArray(member) ? member : [];
  if (key === "$retainKeys") {
    for (const known of Object.keys(target)) if (!names.includes(known)) delete target[known];
    return;
  }
  if (!key.startsWith(unlisted)) return;
  const field = key.slice(unlisted.length);
  const list = target[field];
  if (Array.isArray(list)) target[field] = list.filter((item) => !names.includes(item));
}

function mergeList(list: ListSchema, value: unknown, patch: readonly unknown[]): unknown {
  if (list.keys === undefined) return patch;
  const [key] = list.keys;
  const live: readonly unknown[] = Array.isArray(value) ? value : [];
  if (key === undefined) return [...new Set([...live, ...patch])];
  let items = live;
  for (const item of patch.filter(isMap)) items = mergeItem(list, items, { key, item });
  return items;
}

function mergeItem(
  list: ListSchema,
  items: readonly unknown[],
  { key, item }: { key: string; item: Json },
): readonly unknown[] {
  if (item.$patch === "replace") return [];
  const at = items.findIndex((known) => isMap(known) && known[key] === item[key]);
  if (item.$patch === "delete") return items.filter((_, index) => index !== at);
  if (at === -1) return [...items, strategicMerge(list.items, {}, item)];
  return items.with(at, strategicMerge(list.items, items[at], item));
}
