import type { Reader, Writer } from "../cluster/client.ts";
import type { Change, ChangeResult } from "../model/change.ts";
import {
  describeRef,
  type KubeObject,
  type VersionedRef,
  versionedRefOf,
} from "../model/object.ts";

/** How long a deletion is waited for within a pass (semantics §12); it goes on by itself afterwards. */
const limitMs = 60_000;
const pauseMs = { first: 50, most: 1000 };

/** Time, as far as applying needs it. */
export interface Patience {
  monotonic(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export type PatientHands = Reader & Writer & { readonly clock: Patience };

/** delete, wait until it is gone, create. A crash in between heals: declared and absent is created. */
export async function recreate(
  hands: PatientHands,
  change: Extract<Change, { action: "recreate" }>,
  signal: AbortSignal,
): Promise<ChangeResult> {
  const { desired, live, over, propagation } = change;
  const at = { ...change.ref, version: versionedRefOf(live).version };
  await hands.delete(at, over, { propagation }, signal);
  const left = await whenGone(hands, { at, uid: over.uid }, signal);
  if (left !== undefined) return stillThere(change, left);
  const applied = await hands.apply(desired.object, undefined, signal);
  return { change, outcome: "recreated", live: applied.object, warnings: applied.warnings };
}

/** Looks until it is gone, which is a 404 or another UID (P-80); what is still there when the time is up. */
export async function whenGone(
  { get, clock }: Pick<Reader, "get"> & { readonly clock: Patience },
  { at, uid }: { readonly at: VersionedRef; readonly uid: string },
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const deadline = clock.monotonic() + limitMs;
  for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.most)) {
    const found = await get(at, signal);
    if (found === undefined || found.metadata.uid !== uid) return undefined;
    if (clock.monotonic() >= deadline) return found;
    await clock.sleep(pause, signal);
  }
}

function stillThere(
  change: Extract<Change, { action: "recreate" }>,
  { metadata: { finalizers = [] } }: KubeObject,
): ChangeResult {
  const { ref } = change;
  const held = finalizers.length === 0 ? "" : `, held by ${finalizers.join(", ")}`;
  const message = `${describeRef(ref)} was deleted to be made anew and is not gone yet${held}`;
  const { file, line } = change.desired;
  const problem = { reason: "Deleting", message, ref, file, line } as const;
  return { change, outcome: "failed", problem, warnings: [] };
}
