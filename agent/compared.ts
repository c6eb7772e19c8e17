import { isoTime } from "./schedule/clock.ts";
import type { World } from "./world.ts";

/** The oldest compare of all units rides along with the Lease; watches that prove alive carry it forward (observability §3). */
export function noteCompared({ cluster, ports, slots }: World): void {
  const isProven = cluster.live.stale(ports.clock.monotonic()).length === 0;
  const times = [...slots.values()].map(({ status }) => status?.comparedAt);
  const known = times.filter((time) => time !== undefined);
  if (known.length < times.length || known.length === 0) return;
  const oldest = known.reduce((least, time) => (time < least ? time : least));
  cluster.lease.setComparedAt(isProven ? isoTime(ports.clock.now()) : oldest);
}
