import type { Discovery } from "../cluster/client.ts";
import { refreshDiscovery } from "../flight/discovery.ts";
import { refId } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import type { Reason } from "../model/reason.ts";
import { unservedChange } from "../pass/served.ts";
import { renderSlot } from "../rendering/render-slot.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";

const waits: ReadonlySet<Reason> = new Set(["KindMissing", "ApiRemoved", "DiscoveryFailed"]);

/** Units whose kinds were not served are looked at again as soon as the API server serves them. */
export async function reviseUnserved(world: World, signal: AbortSignal): Promise<void> {
  if ([...world.slots.values()].some(isWaiting)) await reviseServed(world, signal);
}

/** Asks what is served now; who waited for it is rendered anew, as its scope was a guess, and woken. */
export async function reviseServed(world: World, signal: AbortSignal): Promise<void> {
  const before = world.discovery;
  const after = await refreshDiscovery(world, signal);
  const isNew =
    after.kinds.size !== before.kinds.size ||
    after.unknownGroups.size !== before.unknownGroups.size;
  const artifact = world.fleet?.artifact;
  for (const slot of world.slots.values()) {
    if (slot.isWaiting) world.wake(slot.app, 0); // perhaps for a definition of its own
    if (!isWaiting(slot) || (!isNew && !isAnswered(slot, after))) continue;
    if (artifact !== undefined) await renderSlot(world, { slot, artifact }, signal);
    world.wake(slot.app, 0);
  }
}

/** What is broken in Git is left to the commit that mends it. */
function isWaiting({ status, problems }: Slot): boolean {
  if (problems.length > 0) return false;
  return (status?.problems ?? []).some(({ reason }) => waits.has(reason));
}

/** Another unit's pass may have asked in between: what counts is what this one was told. */
function isAnswered({ status, manifests }: Slot, discovery: Discovery): boolean {
  const { desired = [], hooks = [] } = manifests ?? {};
  const objects = new Map([...desired, ...hooks].map((each) => [each.id, each]));
  const isOver = ({ reason, ref }: Problem): boolean => {
    const object = ref === undefined ? undefined : objects.get(refId(ref));
    if (object === undefined) return false;
    const change = unservedChange(discovery, object);
    return change?.action !== "fail" || change.problem.reason !== reason;
  };
  return (status?.problems ?? []).some((problem) => waits.has(problem.reason) && isOver(problem));
}
