import type { Seen } from "../../bench/audit.ts";

const writing: ReadonlySet<string> = new Set(["create", "update", "apply", "patch", "delete"]);
/** What an agent keeps for itself. */
const own: ReadonlySet<string> = new Set(["leases", "events", "apps", "apps/status"]);

/** What it wrote into members of apps, and what it tried to write. */
export function memberWrites(seen: readonly Seen[], ownNamespace: string): readonly Seen[] {
  return seen.filter(
    ({ verb, resource, namespace }) =>
      writing.has(verb) &&
      !own.has(resource) &&
      !/reviews$|\/token$/.test(resource) &&
      namespace !== ownNamespace,
  );
}

/** `configmaps calm/settings-1` → how often. */
export function countByObject(seen: readonly Seen[]): Readonly<Record<string, number>> {
  const groups = Map.groupBy(seen, ({ resource, namespace, name }) => {
    return `${resource} ${namespace}/${name}`;
  });
  return Object.fromEntries([...groups].map(([object, all]) => [object, all.length] as const));
}

const coolsInSeconds = 600;
const [firstSeconds, factor, mostSeconds] = [10, 3, 600];

/** D-20 and D-21 by their figures: how often at most an object is set back in this time, by whoever is contradicted at once. */
export function mostWrites(seconds: number): number {
  let [heat, round, writes, lastAt, at] = [0, 0, 0, 0, 0];
  while (at <= seconds) {
    const left = heat * Math.exp((lastAt - at) / coolsInSeconds);
    const goesOn = round > 0 && left >= 1;
    const begins = left + 1 >= 3;
    round = goesOn || begins ? (goesOn ? round : 0) + 1 : 0;
    heat = left + 1;
    lastAt = at;
    writes++;
    const waits = round === 0 ? 1 : Math.min(firstSeconds * factor ** (round - 1), mostSeconds);
    // A fight is over when its heat is below one, should that come first.
    at += round === 0 ? waits : Math.min(waits, coolsInSeconds * Math.log(Math.max(heat, 1.01)));
  }
  return writes;
}

/** Requests a second that it asked in this span; a watch that goes on and the Lease do not count. */
export function ratePerSecond(seen: readonly Seen[], fromMs: number, toMs: number): number {
  const asked = seen.filter(
    ({ verb, resource, arrivedMs }) =>
      verb !== "watch" && resource !== "leases" && arrivedMs >= fromMs && arrivedMs < toMs,
  );
  return Math.round((asked.length / ((toMs - fromMs) / 1000)) * 100) / 100;
}
