import type { ObjectRef } from "../model/object.ts";
import type { StaleKind } from "./cache.ts";

/** Whether an object is among those that a stale kind is about. */
export function isAmong(ref: ObjectRef, { group, kind, namespaces }: StaleKind): boolean {
  const isKind = ref.group === group && ref.kind === kind;
  return isKind && (namespaces === undefined || namespaces.includes(ref.namespace));
}
