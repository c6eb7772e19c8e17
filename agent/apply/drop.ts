import type { Patcher, Reader, Writer } from "../cluster/client.ts";
import { ApiError, isConflict } from "../cluster/errors.ts";
import type { Change, ChangeResult } from "../model/change.ts";
import { jsonEqual } from "../model/json.ts";
import {
  type KubeObject,
  type ManagedFieldsEntry,
  versionedRefOf,
  versionOf,
} from "../model/object.ts";
import { isLegacy } from "../plan/take-over.ts";
import { takeOverOnce } from "./take-over.ts";

const tries = 5;

type Update = Extract<Change, { action: "update" }>;
export type Drops = NonNullable<Update["drops"]>;

/**
 * A-27 step 2: makes leftovers ours, applies without them, and puts the former owners' entries away. Each step is over
 * exactly the version before it (A-14); killed in between, the next pass sees fields of ours that Git does not declare.
 */
export async function dropLeftovers(
  hands: Patcher & Reader & Writer,
  change: Update & { readonly drops: Drops },
  signal: AbortSignal,
): Promise<ChangeResult> {
  const { live, payload, drops } = change;
  const united = await withEntries(hands, { object: live, entries: drops.united }, signal);
  const applied = await applyOrRestore(hands, { live, united, payload }, signal);
  const after = await putAway(hands, { object: applied.object, drops }, signal);
  return { change, outcome: "configured", live: after, warnings: applied.warnings };
}

interface Dropping {
  readonly live: KubeObject;
  readonly united: KubeObject;
  readonly payload: KubeObject;
}

/** What the server refuses to lose is whose it was; else nothing of the object could be applied from then on. */
async function applyOrRestore(
  hands: Patcher & Writer,
  { live, united, payload }: Dropping,
  signal: AbortSignal,
) {
  try {
    return await hands.apply(payload, versionOf(united), signal);
  } catch (error) {
    const isRefused =
      error instanceof ApiError && !isConflict(error) && !error.failure.indeterminate;
    if (isRefused) {
      const entries = live.metadata.managedFields ?? [];
      await unlessRefused(withEntries(hands, { object: united, entries }, signal));
    }
    throw error;
  }
}

/** Nothing hangs on it any more: what others write meanwhile is read again, and an entry that is new is let be. */
async function putAway(
  hands: Patcher & Reader,
  { object, drops }: { readonly object: KubeObject; readonly drops: Drops },
  signal: AbortSignal,
): Promise<KubeObject> {
  const known = (object.metadata.managedFields ?? []).filter(isLegacy);
  const isKnown = (entry: ManagedFieldsEntry) => known.some((one) => jsonEqual(one, entry));
  let current = object;
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const found = current.metadata.managedFields ?? [];
    const others = found.filter((entry) => !isKnown(entry));
    if (others.length === found.length) return current;
    const entries = [...others, ...drops.kept];
    const patched = await unlessRefused(withEntries(hands, { object: current, entries }, signal));
    if (patched !== undefined) return patched;
    current = (await hands.get(versionedRefOf(current), signal)) ?? current;
  }
  return current;
}

async function unlessRefused(patching: Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await patching;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

interface Entries {
  readonly object: KubeObject;
  readonly entries: readonly ManagedFieldsEntry[];
}

function withEntries(
  hands: Patcher,
  { object, entries }: Entries,
  signal: AbortSignal,
): Promise<KubeObject> {
  const due = { managedFields: entries, removeLastApplied: false };
  return takeOverOnce(hands, { object, due }, signal);
}
