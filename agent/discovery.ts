import type { WatchedKind } from "./cluster/cache.ts";
import { type Discovery, servedKind } from "./cluster/client.ts";
import { kindId, type ObjectRef } from "./model/object.ts";
import { isWatchedInFull } from "./pass/observe.ts";
import type { World } from "./world.ts";

/** Asks the API server what it serves now, and follows the kinds that units declare or track. */
export async function refreshDiscovery(world: World, signal: AbortSignal): Promise<Discovery> {
  world.discovery = await world.cluster.client.discover(signal);
  watchKinds(world);
  return world.discovery;
}

/** D-13: what units declare, and what they still track, is watched before anything of it is applied. */
export function watchKinds(world: World): readonly WatchedKind[] {
  const kinds = new Map<string, WatchedKind>();
  for (const { manifests, inventory } of world.slots.values()) {
    const tracked = [...(inventory?.entries.values() ?? [])].map(({ ref }) => ref);
    const declared = (manifests?.desired ?? []).map(({ ref }) => ref);
    for (const ref of [...tracked, ...declared]) addKind(world, kinds, ref);
  }
  const wanted = [...kinds.values()];
  world.cluster.live.setKinds(wanted);
  return wanted;
}

function addKind({ discovery }: World, kinds: Map<string, WatchedKind>, ref: ObjectRef): void {
  const id = kindId(ref);
  if (kinds.has(id)) return;
  const served = servedKind(discovery, ref);
  if (served === undefined || !served.verbs.includes("watch")) return;
  const { group, kind, version } = served;
  const aggregated = discovery.aggregatedGroups?.has(group) ?? false;
  kinds.set(id, {
    group,
    kind,
    version,
    full: isWatchedInFull(ref),
    ...(aggregated ? { aggregated } : {}),
  });
}
