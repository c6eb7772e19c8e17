import { isoTime } from "./schedule/clock.ts";
import type { World } from "./world.ts";

/** The oldest compare of all units rides along with the Lease; watches that prove alive carry it forward (observability §3). */
export function noteCompared({ cluster, ports, slots }: World): void {
  const isProven = cluster.live.stale(ports.clock.monotonic()).length === 0;
  const times = [...slots.values()].map(({ status }) => Date.parse(status?.comparedAt ?? ""));
  if (times.length === 0 || times.some(Number.isNaN)) return;
  cluster.lease.setComparedAt(isoTime(isProven ? ports.clock.now() : Math.min(...times)));
}
