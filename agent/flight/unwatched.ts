import { servedKind } from "../cluster/client.ts";
import { isAmong } from "../cluster/stale.ts";
import { kindId, type ObjectRef } from "../model/object.ts";
import { ruleLine, rulesOf } from "../model/rule.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";

/** How often objects are read that no watch shows, for want of rights (C-8). */
export const readAgainMs = 300_000;

/** Which kinds of a unit the agent may not watch, and the rules with which it could; undefined: it watches all. */
export function unwatched(
  { cluster, ports, discovery }: World,
  { manifests }: Pick<Slot, "manifests">,
): string | undefined {
  const stale = cluster.live.stale(ports.clock.monotonic());
  const forbidden = stale.filter(({ why }) => why === "forbidden");
  if (forbidden.length === 0) return undefined;
  const hidden = (manifests?.desired ?? [])
    .map(({ ref }) => ref)
    .filter((ref) => forbidden.some((kind) => isAmong(ref, kind)));
  if (hidden.length === 0) return undefined;
  const kinds = [...new Set(hidden.map(placeOf))].sort();
  const rights = hidden.flatMap((ref) => {
    const resource = servedKind(discovery, ref)?.plural ?? ref.kind;
    const { group, namespace } = ref;
    return ["list", "watch"].map((verb) => ({ verb, group, resource, namespace, name: "" }));
  });
  return `${kinds.join(", ")}: read every 5 minutes instead of watched; to watch, add ${rulesOf(rights).map(ruleLine).join(" ")}`;
}

/** What cannot be said of a unit now: the kinds of its objects whose watch is not proven alive (C-5). */
export function silence(
  { cluster, ports }: Pick<World, "cluster" | "ports">,
  { manifests, inventory }: Pick<Slot, "manifests" | "inventory">,
): string | undefined {
  const stale = cluster.live.stale(ports.clock.monotonic());
  const silent = stale.filter(({ why }) => why === "silent");
  if (silent.length === 0) return undefined;
  const refs = [...(manifests?.desired ?? []), ...(inventory?.entries.values() ?? [])];
  const own = silent.filter((kind) => refs.some(({ ref }) => isAmong(ref, kind)));
  if (own.length === 0) return undefined;
  return `no sign of life from the watches of ${own.map(({ kind }) => kind).join(", ")} for 5 minutes`;
}

function placeOf(ref: ObjectRef): string {
  return ref.namespace === "" ? kindId(ref) : `${kindId(ref)} in ${ref.namespace}`;
}
