import { silence } from "../flight/unwatched.ts";
import type { Random } from "../schedule/clock.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";

const lookMs = 60_000;
const dayMs = 24 * 3_600_000;

/** C-5, D-1: what no event brings about. Watches that fall silent are told, and so is their return; units are swept. */
export async function watchOver(world: World, signal: AbortSignal): Promise<void> {
  const { clock } = world.ports;
  while (!signal.aborted) {
    for (const slot of world.slots.values()) {
      if (isNews(world, slot) || isSwept(world, slot)) world.wake(slot.app, 0);
    }
    await clock.sleep(lookMs, signal).catch(() => undefined);
  }
}

function isNews(world: World, slot: Slot): boolean {
  const isTold = slot.status?.problems.some(({ reason }) => reason === "WatchStale") ?? false;
  return slot.status !== undefined && isTold !== (silence(world, slot) !== undefined);
}

/** Once a day the server is asked about every object: for whatever no watch shows (C-5). */
function isSwept({ ports }: World, slot: Slot): boolean {
  const now = ports.clock.monotonic();
  const due = slot.sweepAtMs;
  if (due !== undefined && now < due) return false;
  slot.sweepAtMs = now + spread(ports.random);
  if (due === undefined) return false; // a new term begins by asking about all of it
  slot.sweep = true;
  return true;
}

/** ±20 %, so that a thousand apps are not swept at once. */
function spread(random: Random): number {
  return dayMs * (0.8 + 0.4 * random.next());
}
