import { refreshDiscovery } from "./discovery.ts";
import type { Reason } from "./model/reason.ts";
import { renderSlot } from "./render-slot.ts";
import type { Slot } from "./slot.ts";
import type { World } from "./world.ts";

const waits: ReadonlySet<Reason> = new Set(["KindMissing", "ApiRemoved", "DiscoveryFailed"]);

/** Units whose kinds were not served are looked at again as soon as the API server serves more. */
export async function reviseUnserved(world: World, signal: AbortSignal): Promise<void> {
  const waiting = [...world.slots.values()].filter(isWaiting);
  if (waiting.length === 0) return;
  const before = world.discovery;
  const after = await refreshDiscovery(world, signal);
  if (
    after.kinds.size === before.kinds.size &&
    after.unknownGroups.size === before.unknownGroups.size
  )
    return;
  const artifact = world.fleet?.artifact;
  for (const slot of waiting) {
    if (artifact !== undefined) await renderSlot(world, { slot, artifact }, signal);
    world.wake(slot.app, 0);
  }
}

/** What is broken in Git is left to the commit that mends it. */
function isWaiting({ status, problems }: Slot): boolean {
  if (problems.length > 0) return false;
  return (status?.problems ?? []).some(({ reason }) => waits.has(reason));
}
