import { isoTime } from "../schedule/clock.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";

/** The oldest compare of all units rides along with the Lease (observability §3). */
export function noteCompared(world: World): void {
  const { cluster, ports, slots } = world;
  const times = [...slots.values()].map((slot) =>
    Date.parse(comparedAt(world, slot, ports.clock.now()) ?? ""),
  );
  if (times.length === 0 || times.some(Number.isNaN)) return;
  cluster.lease.setComparedAt(isoTime(Math.min(...times)));
}

/**
 * When a unit was compared last: a compare stays true while all watches prove alive (observability §1). They prove nothing
 * about what was said of it in an earlier term, or of a cluster that went back since (C-18).
 */
export function comparedAt(
  { cluster, ports }: World,
  { status, isCompared }: Pick<Slot, "status" | "isCompared">,
  nowMs: number,
): string | undefined {
  if (status?.comparedAt === undefined || !isCompared) return status?.comparedAt;
  const isProven = cluster.live.stale(ports.clock.monotonic()).length === 0;
  return isProven ? isoTime(nowMs) : status.comparedAt;
}
