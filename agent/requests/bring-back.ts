import { ApiError, isConflict } from "../cluster/errors.ts";
import type { KeptObject, KeptRecord } from "../cluster/kept-format.ts";
import type { BroughtBack } from "../model/event.ts";
import { parseRefId, refId } from "../model/object.ts";
import { compareRefs } from "../plan/order.ts";
import { restoredForm } from "../plan/restored.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";
import { suspension } from "./suspend.ts";

/** What a person wants back (P-83, P-85). */
export interface RestoreWish {
  /** By `refId`. */
  readonly objects: readonly string[];
  /** The commit that dropped them; default: the newest copy of each. */
  readonly from?: string;
}

/**
 * Creates what was asked for as it last lived, once, and owned by nobody: an object that exists is never touched, and
 * Git takes over as soon as it declares one. What cannot be done is told and not tried again: whoever asked is there.
 */
export async function bringBack(world: World, slot: Slot, signal: AbortSignal): Promise<void> {
  const { app, restore } = slot;
  if (restore === undefined) return;
  slot.restore = undefined;
  const isAllowed = world.settings.enforce && suspension(world, slot) === undefined;
  const objects = isAllowed
    ? await createAll(world, { app, restore }, signal)
    : refused(restore, "nothing is written to this cluster now");
  world.ports.emit({ type: "restored", app, objects });
}

interface Asked {
  readonly app: string;
  readonly restore: RestoreWish;
}

async function createAll(
  world: World,
  { app, restore }: Asked,
  signal: AbortSignal,
): Promise<readonly BroughtBack[]> {
  const copies = await copiesOf(world, { app, restore }, signal);
  if (copies instanceof ApiError) return refused(restore, copies.message);
  const missing = restore.objects.filter((id) => !copies.has(id));
  const done: BroughtBack[] = [...refused({ objects: missing }, "no copy of it is kept")];
  const ordered = [...copies.values()].sort((a, b) => compareRefs(a.kept.ref, b.kept.ref));
  for (const copy of ordered) done.push(await createOne(world, copy, signal));
  return done;
}

interface Copy {
  readonly kept: KeptObject;
  readonly origin: string;
}

/** The newest of each, of those that the wish allows. */
async function copiesOf(
  { cluster }: World,
  { app, restore }: Asked,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Copy> | ApiError> {
  try {
    const records = await cluster.kept.list(app, signal);
    const meant = records.filter(({ commit }) => [undefined, commit].includes(restore.from));
    return new Map(meant.reverse().flatMap((record) => wantedOf(record, restore)));
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

function wantedOf(
  { app, commit, objects }: KeptRecord,
  { objects: wanted }: RestoreWish,
): readonly (readonly [string, Copy])[] {
  const origin = `${app}@${commit}`;
  return objects
    .filter(({ ref }) => wanted.includes(refId(ref)))
    .map((kept) => [refId(kept.ref), { kept, origin }] as const);
}

async function createOne(
  { cluster }: World,
  { kept, origin }: Copy,
  signal: AbortSignal,
): Promise<BroughtBack> {
  const { ref } = kept;
  const object = cluster.kept.open(kept);
  if (object === undefined)
    return { ref, why: "its values were left out, or sealed with a key that is gone" };
  try {
    await cluster.client.create(restoredForm(object, origin), signal);
    return { ref };
  } catch (error) {
    if (isConflict(error)) return { ref, why: "it exists: let alone" };
    if (error instanceof ApiError) return { ref, why: error.message };
    throw error;
  }
}

function refused({ objects }: RestoreWish, why: string): readonly BroughtBack[] {
  return objects.flatMap((id) => {
    const ref = parseRefId(id);
    return ref === undefined ? [] : [{ ref, why }];
  });
}
