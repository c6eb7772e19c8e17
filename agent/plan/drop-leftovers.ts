import type { Change, Desired, FieldDiff } from "../model/change.ts";
import { type KubeObject, type ManagedFieldsEntry, versionOf } from "../model/object.ts";
import type { Unit } from "../model/unit.ts";
import { isOurs } from "./attribute.ts";
import { pointerSegments, valueAt } from "./compare.ts";
import {
  type FieldPath,
  fieldKey,
  fieldsOf,
  fieldText,
  membersOf,
  prefixesOf,
} from "./field-paths.ts";
import { shapePayload } from "./ignore.ts";
import { type LeftEntry, leftEntries } from "./leftovers.ts";
import { maskFields } from "./mask.ts";
import { rulesOf } from "./rules.ts";

type Update = Extract<Change, { action: "update" }>;

/**
 * A-27 step 2, which only an accept begins: what legacy managers left becomes ours, so that the apply that follows takes
 * it away; of their entries only what a rule leaves to them is kept. Undefined: nothing would go.
 */
export function dropLeftovers(
  desired: Desired,
  live: KubeObject,
  context: { readonly unit: Unit; readonly declared: readonly Desired[] },
): Update | undefined {
  const left = leftEntries(live, context.unit.drift.ignore);
  const fields = left.flatMap((one) => diffsOf(one, live));
  if (fields.length === 0) return undefined;
  const united = unite(live, left);
  const object = { ...live, metadata: { ...live.metadata, managedFields: united } };
  const { payload } = shapePayload(desired, object, rulesOf(desired, live, context));
  const { ref } = desired;
  return {
    action: "update",
    ref,
    desired,
    payload,
    over: versionOf(live),
    live,
    cause: "change",
    fields: maskFields(ref, fields),
    adopts: false,
    drops: { united, kept: left.flatMap(keptOf) },
  };
}

function diffsOf({ entry: { manager = "unknown" }, fields }: LeftEntry, live: KubeObject) {
  return fields.flatMap(({ path, pointer = "", fate }): readonly FieldDiff[] => {
    if (fate !== "goes") return [];
    const value = valueAt(live, pointerSegments(pointer));
    return [{ path: fieldText(path), pointer, live: value, desired: undefined, manager }];
  });
}

/**
 * The entries before that apply. What stays keeps its owner meanwhile: with a field that goes, the server takes what
 * nobody owns beside it.
 */
function unite(live: KubeObject, left: readonly LeftEntry[]): readonly ManagedFieldsEntry[] {
  const going = new Map(left.map((one) => [one.entry, goingOf(one)]));
  return (live.metadata.managedFields ?? []).flatMap((entry) => {
    if (isOurs(entry)) {
      const own = membersOf(entry.fieldsV1 ?? {});
      return [{ ...entry, fieldsV1: fieldsOf([...own, ...[...going.values()].flat()]) }];
    }
    const goes = going.get(entry);
    return goes === undefined ? [entry] : without(entry, goes);
  });
}

/** Fields that go, and the maps and list items around them. */
function goingOf({ entry, fields }: LeftEntry): readonly FieldPath[] {
  const goes = prefixesOf(fields.filter(({ fate }) => fate === "goes").map(({ path }) => path));
  return membersOf(entry.fieldsV1 ?? {}).filter((path) => goes.has(fieldKey(path)));
}

function without(entry: ManagedFieldsEntry, goes: readonly FieldPath[]): ManagedFieldsEntry[] {
  const gone = new Set(goes.map(fieldKey));
  const rest = membersOf(entry.fieldsV1 ?? {}).filter((path) => !gone.has(fieldKey(path)));
  return rest.length === 0 ? [] : [{ ...entry, fieldsV1: fieldsOf(rest) }];
}

/** What a rule leaves to this manager stays with it; all else of the entry is nobody's from then on. */
function keptOf({ entry, fields }: LeftEntry): readonly ManagedFieldsEntry[] {
  const kept = fields.filter(({ fate }) => fate === "ignored").map(({ path }) => path);
  return kept.length === 0 ? [] : [{ ...entry, fieldsV1: fieldsOf(kept) }];
}
