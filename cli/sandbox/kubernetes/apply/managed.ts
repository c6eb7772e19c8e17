import { isJsonObject } from "../../../../agent/model/json.ts";
import { type FieldSet, readFields, writeFields } from "../typed/field-set.ts";

/** One manager's set, at the version that it was written with. */
export interface ManagedSet {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly subresource: string;
  readonly apiVersion: string;
  /** ISO 8601 in seconds; undefined in an entry without time. */
  readonly time: string | undefined;
  readonly set: FieldSet;
}

/** Entries by identity: an Apply entry keeps it across versions, an Update entry is another one at each version. */
export type Managed = ReadonlyMap<string, ManagedSet>;

export type ManagerName = Pick<ManagedSet, "manager" | "operation" | "subresource" | "apiVersion">;

export function managedId({ manager, operation, subresource, apiVersion }: ManagerName): string {
  return JSON.stringify({
    manager,
    operation,
    ...(operation === "Update" ? { apiVersion } : {}),
    ...(subresource === "" ? {} : { subresource }),
  });
}

/** Reads `metadata.managedFields`. Undefined when it cannot be read. */
export function readManaged(entries: unknown): Managed | undefined {
  const managed = new Map<string, ManagedSet>();
  if (entries === undefined || entries === null) return managed;
  if (!Array.isArray(entries)) return undefined;
  for (const entry of entries) {
    const read = readEntry(entry);
    if (read === undefined) return undefined;
    managed.set(managedId(read), read);
  }
  return managed;
}

function readEntry(entry: unknown): ManagedSet | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { operation, apiVersion, manager, subresource, time, fieldsV1, fieldsType } = entry;
  if (operation !== "Apply" && operation !== "Update") return undefined;
  if (typeof apiVersion !== "string" || apiVersion === "" || fieldsType !== "FieldsV1")
    return undefined;
  return {
    manager: typeof manager === "string" ? manager : "",
    operation,
    subresource: typeof subresource === "string" ? subresource : "",
    apiVersion,
    time: typeof time === "string" ? time : undefined,
    set: readFields(fieldsV1),
  };
}

/** `[{}]`, for built-in kinds also `[]`, asks for ownership to be forgotten. */
export function isReset(entries: unknown, builtin: boolean): boolean {
  if (!Array.isArray(entries)) return false;
  const [only] = entries;
  if (entries.length === 0) return builtin;
  return entries.length === 1 && isJsonObject(only) && Object.keys(only).length === 0;
}

/** Writes `metadata.managedFields`, sorted as the server sorts it; undefined when nobody owns anything. */
export function writeManaged(managed: Managed): Record<string, unknown>[] | undefined {
  if (managed.size === 0) return undefined;
  return [...managed.values()].sort(compareEntries).map((entry) => ({
    ...(entry.manager === "" ? {} : { manager: entry.manager }),
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time === undefined ? {} : { time: entry.time }),
    fieldsType: "FieldsV1",
    fieldsV1: writeFields(entry.set),
    ...(entry.subresource === "" ? {} : { subresource: entry.subresource }),
  }));
}

function compareEntries(a: ManagedSet, b: ManagedSet): number {
  return (
    compareText(a.operation, b.operation) ||
    seconds(a.time) - seconds(b.time) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function seconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
}
