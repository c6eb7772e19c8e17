import { jsonEqual } from "../../../../agent/model/json.ts";
import { type Comparison, compareTyped } from "../typed/compare.ts";
import {
  difference,
  emptySet,
  type FieldSet,
  intersection,
  isEmptySet,
  type Path,
  pathsOf,
  recursiveDifference,
  union,
} from "../typed/field-set.ts";
import { mergeTyped } from "../typed/merge.ts";
import { collapseAtomics } from "../typed/reconcile.ts";
import { removeFields, withNamedFields } from "../typed/remove.ts";
import type { Schema } from "../typed/schema.ts";
import { fieldsOf } from "../typed/to-fields.ts";
import { type Managed, type ManagedSet, type ManagerName, managedId } from "./managed.ts";

/** One version of a kind, for entries that were written at it. */
export interface VersionView {
  readonly schema: Schema;
  convert(object: unknown): unknown;
}

export interface Versions {
  /** Undefined: no longer served. */
  at(apiVersion: string): VersionView | undefined;
  /** Paths that this manager's requests cannot set (status, where it is a subresource), with all below them. */
  readonly ignored: FieldSet;
}

export interface Operation {
  readonly live: unknown;
  readonly next: unknown;
  readonly managed: Managed;
  readonly by: ManagerName;
  readonly versions: Versions;
}

export interface Conflict {
  readonly with: ManagedSet;
  readonly path: Path;
}

export type ApplyOutcome =
  | {
      readonly ok: true;
      readonly object: unknown;
      readonly isNoop: boolean;
      readonly managed: Managed;
    }
  | { readonly ok: false; readonly conflicts: readonly Conflict[] };

/** Who owns what after a write that is no apply: added and modified paths are the writer's, nobody else's. */
export function trackUpdate(operation: Operation): Managed {
  const { by, versions } = operation;
  const managed = new Map(reconcile(operation));
  const id = managedId(by);
  const { comparison } = settle(operation, managed, true);
  const mine = managed.get(id)?.set ?? emptySet;
  const set = recursiveDifference(
    union(union(difference(mine, comparison.removed), comparison.modified), comparison.added),
    versions.ignored,
  );
  if (isEmptySet(set)) managed.delete(id);
  else managed.set(id, { ...by, set, time: managed.get(id)?.time });
  return managed;
}

/** Server-side apply, steps 3 to 8 of §1.18. */
export function applyConfig(operation: Operation, force: boolean): ApplyOutcome {
  const { live, next: config, by, versions } = operation;
  const schema = versions.at(by.apiVersion)?.schema;
  if (schema === undefined) throw new Error(`${by.apiVersion} is not served`);
  const managed = new Map(reconcile(operation));
  const id = managedId(by);
  const last = managed.get(id);
  const set = recursiveDifference(fieldsOf(schema, config), versions.ignored);
  managed.set(id, { ...by, set, time: last?.time });
  const merged = mergeTyped(schema, live, config);
  const object = prune(merged, { managed, last, operation });
  const { conflicts } = settle({ ...operation, next: object }, managed, force);
  if (conflicts.length > 0) return { ok: false, conflicts };
  return { ok: true, object, isNoop: jsonEqual(live, object), managed };
}

function reconcile({ managed, versions }: Operation): Managed {
  const kept = new Map<string, ManagedSet>();
  for (const [id, entry] of managed) {
    const view = versions.at(entry.apiVersion);
    if (view !== undefined)
      kept.set(id, { ...entry, set: collapseAtomics(view.schema, entry.set) });
  }
  return kept;
}

/** Step 7: takes changed paths from every other manager, or names the conflicts. Changes `managed`. */
function settle(
  { live, next, by, versions }: Operation,
  managed: Map<string, ManagedSet>,
  force: boolean,
): { readonly comparison: Comparison; readonly conflicts: readonly Conflict[] } {
  const me = managedId(by);
  const compareAt = comparer(versions, { live, next });
  const conflicts: Conflict[] = [];
  for (const [id, entry] of managed) {
    if (id === me) continue;
    const { added, modified, removed } = compareAt(entry.apiVersion);
    const conflict = intersection(entry.set, union(modified, added));
    for (const path of pathsOf(conflict)) conflicts.push({ with: entry, path });
    const set = difference(difference(entry.set, conflict), removed);
    managed.set(id, { ...entry, set });
  }
  for (const [id, { set }] of [...managed]) if (isEmptySet(set)) managed.delete(id);
  return { comparison: compareAt(by.apiVersion), conflicts: force ? [] : conflicts };
}

/** Compares once for each version. */
function comparer(versions: Versions, sides: { live: unknown; next: unknown }) {
  const comparisons = new Map<string, Comparison>();
  return (apiVersion: string): Comparison => {
    const known = comparisons.get(apiVersion) ?? compareVersion(versions, apiVersion, sides);
    comparisons.set(apiVersion, known);
    return known;
  };
}

function compareVersion(
  { at, ignored }: Versions,
  apiVersion: string,
  { live, next }: { live: unknown; next: unknown },
): Comparison {
  const view = at(apiVersion);
  if (view === undefined) return { added: emptySet, modified: emptySet, removed: emptySet };
  const found = compareTyped(view.schema, view.convert(live), view.convert(next));
  return {
    added: recursiveDifference(found.added, ignored),
    modified: recursiveDifference(found.modified, ignored),
    removed: recursiveDifference(found.removed, ignored),
  };
}

interface Pruning {
  readonly managed: Managed;
  readonly last: ManagedSet | undefined;
  readonly operation: Operation;
}

/** Step 6: paths of the former set that nobody owns any more leave the object. */
function prune(merged: unknown, { managed, last, operation }: Pruning): unknown {
  if (last === undefined || isEmptySet(last.set)) return merged;
  const view = operation.versions.at(last.apiVersion);
  if (view === undefined) return merged;
  const { schema } = view;
  const before = view.convert(merged);
  const lastNamed = withNamedFields(last.set, schema);
  const owned = ownedBy(managed);
  let pruned = removeFields(schema, before, lastNamed);
  pruned = keepOnly(schema, before, { pruned, owned });
  const gone = difference(namedFields(schema, before), namedFields(schema, pruned));
  const result = removeFields(schema, before, intersection(gone, lastNamed));
  return operation.versions.at(operation.by.apiVersion)?.convert(result) ?? result;
}

function ownedBy(managed: Managed): FieldSet {
  let owned: FieldSet = emptySet;
  for (const { set } of managed.values()) owned = union(owned, set);
  return owned;
}

function namedFields(schema: Schema, value: unknown): FieldSet {
  return withNamedFields(fieldsOf(schema, value), schema);
}

function keepOnly(
  schema: Schema,
  merged: unknown,
  { pruned, owned }: { pruned: unknown; owned: FieldSet },
): unknown {
  const kept = union(namedFields(schema, pruned), withNamedFields(owned, schema));
  return removeFields(schema, merged, difference(namedFields(schema, merged), kept));
}
