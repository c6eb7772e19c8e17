import type { WatchedKind } from "../cluster/cache.ts";
import { type Discovery, servedKind } from "../cluster/client.ts";
import { kindId, type ObjectRef } from "../model/object.ts";
import { isWatchedInFull } from "../pass/observe.ts";
import type { World } from "../world.ts";
import { sweepSoon } from "./epochs.ts";

/** Asks the API server what it serves now, and follows the kinds that units declare or track. */
export async function refreshDiscovery(world: World, signal: AbortSignal): Promise<Discovery> {
  const { kubernetes } = world.discovery;
  world.discovery = await world.cluster.client.discover(signal);
  if (world.discovery.kubernetes !== kubernetes) sweepSoon(world, world.slots.values());
  watchKinds(world);
  return world.discovery;
}

/** D-13: what units declare, and what they still track, is watched before anything of it is applied. */
export function watchKinds(world: World): readonly WatchedKind[] {
  const refs = [...world.slots.values()].flatMap(({ manifests, fallback, inventory }) => [
    ...[...(inventory?.entries.values() ?? [])].map(({ ref }) => ref),
    ...[...(inventory?.hooks?.values() ?? [])].map(({ ref }) => ref),
    ...[...(manifests?.desired ?? []), ...(manifests?.hooks ?? [])].map(({ ref }) => ref),
    ...[...(fallback?.desired ?? []), ...(fallback?.hooks ?? [])].map(({ ref }) => ref),
  ]);
  const byKind = Map.groupBy(refs, kindId);
  const wanted = [...byKind.values()].flatMap((own) => watchedKind(world, own) ?? []);
  world.cluster.live.setKinds(wanted);
  return wanted;
}

function watchedKind({ discovery }: World, refs: readonly ObjectRef[]): WatchedKind | undefined {
  const [ref] = refs;
  const served = ref === undefined ? undefined : servedKind(discovery, ref);
  if (served === undefined || !served.verbs.includes("watch")) return undefined;
  const { group, kind, version } = served;
  const namespaces = [...new Set(refs.map(({ namespace }) => namespace))].sort();
  const aggregated = discovery.aggregatedGroups?.has(group) ?? false;
  return {
    group,
    kind,
    version,
    full: isWatchedInFull({ group, kind }),
    ...(aggregated ? { aggregated } : {}),
    ...(served.namespaced ? { namespaces } : {}),
  };
}
