import { requestsOf } from "../cluster/app-requests.ts";
import { publish } from "../flight/publish.ts";
import { slotOf } from "../follow/adopt.ts";
import type { KubeObject } from "../model/object.ts";
import { takeSuspend } from "../requests/suspend.ts";
import { fromAppObject } from "../status/app-object.ts";
import type { World } from "../world.ts";

/** After a start, or a change of leaders: which units there are, what they track, and what was said of them last. */
export async function restoreSlots(world: World, signal: AbortSignal): Promise<void> {
  const { inventories, apps } = world.cluster;
  for (const listed of await inventories.list(signal)) {
    const slot = slotOf(world, listed.app);
    if ("stored" in listed) {
      slot.inventory = listed.stored.value;
      slot.suspend = listed.stored.value.suspend;
    } else slot.problems = [{ reason: "InventoryLost", message: listed.unreadable.message }];
  }
  for (const object of await apps.list(signal)) restoreApp(world, object);
  if (world.restored !== undefined) await tellRestored(world, signal);
}

/** C-18: what the App objects of a restored cluster say was true long ago. They say Unknown before Git is even asked. */
async function tellRestored(world: World, signal: AbortSignal): Promise<void> {
  for (const slot of world.slots.values()) {
    await publish(world, { slot, flight: { ended: "nothing" } }, signal);
  }
}

function restoreApp(world: World, object: KubeObject): void {
  const suspend = requestsOf(object).requests.find(({ kind }) => kind === "suspend");
  const { name } = object.metadata;
  const slot = suspend === undefined ? world.slots.get(name) : slotOf(world, name);
  if (slot === undefined) return;
  const status = fromAppObject(object);
  if (status !== undefined) {
    slot.object = object;
    slot.status = status;
    slot.handled = status.handled;
  }
  // Known before the first pass, which would write (P-85).
  const nowMs = world.ports.clock.now();
  if (suspend !== undefined) takeSuspend(slot, suspend, { object, nowMs });
}
