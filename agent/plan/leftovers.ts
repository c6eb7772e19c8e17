import type { Hasher } from "../model/digest.ts";
import type { KubeObject, ManagedFieldsEntry } from "../model/object.ts";
import { refId, refOf } from "../model/object.ts";
import type { Leftover } from "../model/status.ts";
import type { IgnoreRule } from "../model/unit.ts";
import { isOurs } from "./attribute.ts";
import {
  type FieldPath,
  fieldKey,
  fieldPointer,
  fieldText,
  membersOf,
  prefixesOf,
} from "./field-paths.ts";
import { ownsPath } from "./fields-v1.ts";
import { isIgnored } from "./ignore.ts";
import { isLegacy } from "./take-over.ts";

/** A field that a legacy manager set and that we do not declare. */
export interface LeftField {
  readonly path: FieldPath;
  readonly pointer: string | undefined;
  /** `goes`: an accept drops it. `stays`: not even then. `ignored`: left to that manager by a rule, and no leftover. */
  readonly fate: "goes" | "stays" | "ignored";
}

/** What one legacy manager left. */
export interface LeftEntry {
  readonly entry: ManagedFieldsEntry;
  readonly fields: readonly LeftField[];
}

/**
 * fields that kubectl set on an object of ours and that Git does not declare. They stay, for dropping them might
 * mean something (an undeclared `spec.replicas` would become 1); they are told, with whoever set them.
 */
export function leftoversOf(
  live: KubeObject,
  rules: readonly IgnoreRule[] = [],
): readonly Leftover[] {
  const ref = refOf(live);
  return leftEntries(live, rules).flatMap(({ entry: { manager = "unknown" }, fields }) => {
    const told = fields.filter(({ fate }) => fate !== "ignored");
    const stays = told.filter(({ fate }) => fate === "stays").map(({ path }) => fieldText(path));
    const names = told.map(({ path }) => fieldText(path));
    if (names.length === 0) return [];
    return [{ ref, manager, fields: names, ...(stays.length === 0 ? {} : { stays }) }];
  });
}

/** The same as paths; nothing as long as we never applied the object. */
export function leftEntries(live: KubeObject, rules: readonly IgnoreRule[]): readonly LeftEntry[] {
  const entries = live.metadata.managedFields ?? [];
  const ours = entries.find(isOurs);
  const legacy = entries.filter(isLegacy);
  if (ours?.fieldsV1 === undefined || legacy.length === 0) return [];
  const own = prefixesOf(membersOf(ours.fieldsV1));
  const others = entries.filter((entry) => !isLegacy(entry) && !isOurs(entry));
  return legacy.map((entry) => ({
    entry,
    fields: leavesOf(entry)
      .filter((path) => !own.has(fieldKey(path)) && path.at(-1) !== lastApplied)
      .map((path) => fieldOf(path, { entry, ours, others, live, rules })),
  }));
}

const lastApplied = "f:kubectl.kubernetes.io/last-applied-configuration";

/** Members below which there is none. A map or list in which we own something is no leftover: it stays anyway. */
function leavesOf({ fieldsV1 = {} }: ManagedFieldsEntry): readonly FieldPath[] {
  const members = membersOf(fieldsV1);
  const inner = prefixesOf(members.map((path) => path.slice(0, -1)));
  return members.filter((path) => !inner.has(fieldKey(path)));
}

interface Place {
  readonly entry: ManagedFieldsEntry;
  readonly ours: ManagedFieldsEntry;
  readonly others: readonly ManagedFieldsEntry[];
  readonly live: KubeObject;
  readonly rules: readonly IgnoreRule[];
}

function fieldOf(path: FieldPath, { entry, ours, others, live, rules }: Place): LeftField {
  const pointer = fieldPointer(path, live);
  const { manager } = entry;
  if (pointer !== undefined && isIgnored(rules, { ref: refOf(live), pointer, manager })) {
    return { path, pointer, fate: "ignored" };
  }
  const isShared = pointer !== undefined && others.some((other) => ownsPath(other, live, pointer));
  const stays = entry.apiVersion !== ours.apiVersion || isShared || isNeverDropped(path);
  return { path, pointer, fate: stays ? "stays" : "goes" };
}

/** it would scale to one, or start every pod anew. */
function isNeverDropped(path: FieldPath): boolean {
  if (path[0] === "f:status") return true;
  const text = fieldText(path);
  return text === "spec.replicas" || text.endsWith(restartedAt);
}

const restartedAt = 'template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]';

/** How many objects of these an accept would touch. */
export function countOfDropped(found: readonly Leftover[]): number {
  return new Set(found.filter(losesFields).map(({ ref }) => refId(ref))).size;
}

/** Whether an accept would drop any of it. */
export function losesFields({ fields, stays = [] }: Leftover): boolean {
  return stays.length < fields.length;
}

/**
 * The digest by which an accept names exactly these leftovers: object, manager, field and what becomes of it (P-52).
 * Undefined: none of them would go.
 */
export function leftoversPlan(found: readonly Leftover[], hasher: Hasher): string | undefined {
  const lines = found.filter(losesFields).flatMap(({ ref, manager, fields, stays = [] }) =>
    fields.map((field) => {
      const fate = stays.includes(field) ? "stays" : "goes";
      return JSON.stringify([refId(ref), manager, field, fate]);
    }),
  );
  if (lines.length === 0) return undefined;
  return hasher.sha256(`leftovers\n${lines.sort().join("\n")}`).slice(0, 12);
}
