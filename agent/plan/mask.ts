import type { FieldDiff } from "../model/change.ts";
import { canonicalJson, isJsonObject } from "../model/json.ts";
import type { GroupKind } from "../model/object.ts";

const sensitive = /^\/(data|stringData|metadata\/annotations)(\/|$)/;

/**
 * Hides Secret values where they enter a comparison (§2.5, NEG-31): each distinct value of a field gets an ordinal, so
 * "changed or not" stays visible and nothing else does. Decided by the server-parsed kind, never by what Git claims.
 */
export function maskFields(kind: GroupKind, fields: readonly FieldDiff[]): readonly FieldDiff[] {
  if (!isSecret(kind)) return fields;
  return fields.map((field) => (sensitive.test(field.pointer) ? maskField(field) : field));
}

export function isSecret({ group, kind }: GroupKind): boolean {
  return group === "" && kind === "Secret";
}

function maskField(field: FieldDiff): FieldDiff {
  const seen: string[] = [];
  return { ...field, live: maskValue(field.live, seen), desired: maskValue(field.desired, seen) };
}

function maskValue(value: unknown, seen: string[]): unknown {
  if (value === undefined) return undefined;
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.keys(value).map((key) => [key, maskValue(value[key], seen)]));
  }
  const text = canonicalJson(value);
  if (!seen.includes(text)) seen.push(text);
  return `*** #${seen.indexOf(text) + 1}`;
}
