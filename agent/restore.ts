import { slotOf } from "./adopt.ts";
import { publish } from "./publish.ts";
import { fromAppObject } from "./status/app-object.ts";
import type { World } from "./world.ts";

/** After a start, or a change of leaders: which units there are, what they track, and what was said of them last. */
export async function restoreSlots(world: World, signal: AbortSignal): Promise<void> {
  const { inventories, apps } = world.cluster;
  for (const listed of await inventories.list(signal)) {
    const slot = slotOf(world, listed.app);
    if ("stored" in listed) slot.inventory = listed.stored.value;
    else slot.problems = [{ reason: "InventoryLost", message: listed.unreadable.message }];
  }
  for (const object of await apps.list(signal)) {
    const slot = world.slots.get(object.metadata.name);
    const status = fromAppObject(object);
    if (slot === undefined || status === undefined) continue;
    slot.object = object;
    slot.status = status;
    slot.handled = status.handled;
  }
  if (world.restored !== undefined) await tellRestored(world, signal);
}

/** C-18: what the App objects of a restored cluster say was true long ago. They say Unknown before Git is even asked. */
async function tellRestored(world: World, signal: AbortSignal): Promise<void> {
  for (const slot of world.slots.values()) {
    await publish(world, { slot, flight: { ended: "nothing" } }, signal);
  }
}
