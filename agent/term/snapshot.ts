import type { Settings } from "../config/settings.ts";
import type { Follower } from "../follow/follower.ts";
import type { UnitStatus } from "../model/status.ts";
import { isoTime } from "../schedule/clock.ts";
import type { FleetSnapshot, Readiness, SourceSnapshot } from "../server/snapshot.ts";
import type { World } from "../world.ts";
import { comparedAt } from "./compared.ts";

interface Looked {
  readonly settings: Settings;
  readonly nowMs: number;
  readonly version: string;
  readonly world: World | undefined;
  readonly follower: Follower | undefined;
  readonly ready: Readiness;
}

/** Everything one agent can say at one moment; page, API and CLI are functions of it. */
export function snapshotOf({
  settings,
  nowMs,
  version,
  world,
  follower,
  ready,
}: Looked): FleetSnapshot {
  const environment = world?.fleet?.environment;
  return {
    cluster: settings.cluster.name,
    agentVersion: version,
    source: sourceOf(settings, follower),
    units: world === undefined ? [] : unitsOf(world, nowMs),
    problems: world?.fleet?.problems ?? [],
    ready,
    asOf: isoTime(nowMs),
    ...(environment === undefined || environment === "" ? {} : { environment }),
    ...(world === undefined ? {} : { kubernetes: world.discovery.kubernetes }),
  };
}

function unitsOf(world: World, nowMs: number): readonly UnitStatus[] {
  return [...world.slots.values()].flatMap((slot) => {
    const { status } = slot;
    if (status?.comparedAt === undefined) return status ?? [];
    return { ...status, comparedAt: comparedAt(world, slot, nowMs) ?? status.comparedAt };
  });
}

function sourceOf({ source }: Settings, follower: Follower | undefined): SourceSnapshot {
  const { accepted, problem, answeredAtMs } = follower ?? {};
  return {
    url: source.url,
    ref: source.ref,
    ...(accepted === undefined
      ? {}
      : {
          commit: accepted.id,
          title: accepted.title,
          author: accepted.author,
          committedAt: isoTime(accepted.committedAt * 1000),
        }),
    ...(answeredAtMs === undefined ? {} : { answeredAt: isoTime(answeredAtMs) }),
    ...(problem === undefined ? {} : { reason: problem.reason, message: problem.message }),
  };
}
