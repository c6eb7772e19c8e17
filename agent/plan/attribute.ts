import type { Cause, FieldDiff } from "../model/change.ts";
import { fieldManager } from "../model/names.ts";
import type { KubeObject, ManagedFieldsEntry } from "../model/object.ts";
import { ownsPath } from "./fields-v1.ts";

/**
 * Names who made each difference (semantics §6.4): the newest other entry that owns the path; for a removed value the
 * newest Update after our last write. A manager is a client's claim, not a user. Read from managedFields, never from
 * the words of a refusal.
 */
export function attribute(fields: readonly FieldDiff[], live: KubeObject): FieldDiff[] {
  const entries = live.metadata.managedFields ?? [];
  const others = entries.filter((entry) => !isOurs(entry)).sort(newestFirst);
  const ours = entries.find(isOurs);
  return fields.map((field) => ({ ...field, ...claim(field, live, { others, ours }) }));
}

interface Entries {
  readonly others: readonly ManagedFieldsEntry[];
  readonly ours: ManagedFieldsEntry | undefined;
}

function claim(field: FieldDiff, live: KubeObject, { others, ours }: Entries): Partial<FieldDiff> {
  const entry =
    field.live === undefined
      ? others.find(({ operation, time }) => operation === "Update" && isAfter(time, ours?.time))
      : others.find((other) => ownsPath(other, live, field.pointer));
  if (entry === undefined) return { manager: "unknown" };
  return {
    manager: entry.manager ?? "unknown",
    ...(entry.operation === undefined ? {} : { operation: entry.operation }),
    ...(entry.subresource === undefined ? {} : { subresource: entry.subresource }),
    ...(entry.time === undefined ? {} : { time: entry.time }),
  };
}

/** what nobody else set and our own apply would set otherwise is admission's: it does not do the same thing twice. */
export function byAdmission(
  fields: readonly FieldDiff[],
  live: KubeObject,
  cause: Cause,
): readonly FieldDiff[] {
  if (cause !== "drift" || live.metadata.managedFields?.some(isOurs) !== true) return fields;
  return fields.map((field) =>
    field.manager === "unknown" && field.live !== undefined
      ? { ...field, manager: "admission" }
      : field,
  );
}

/** Our Apply entry: the set of fields that our last apply declared. */
export function isOurs({ manager, operation, subresource }: ManagedFieldsEntry): boolean {
  return manager === fieldManager && operation === "Apply" && subresource === undefined;
}

function newestFirst(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  return (b.time ?? "").localeCompare(a.time ?? "");
}

function isAfter(time: string | undefined, other: string | undefined): boolean {
  return time !== undefined && (other === undefined || time >= other);
}
