import type { ServedKind } from "./cluster/client.ts";
import { ApiError } from "./cluster/errors.ts";
import { installationLabel } from "./model/names.ts";
import type { KubeObject } from "./model/object.ts";
import { isMarkedOurs } from "./plan/ownership.ts";
import type { Slot } from "./slot.ts";
import type { World } from "./world.ts";

/** Children of controllers and things that come and go by themselves carry copies of labels at most. */
const neverOurs = new Set([
  "Event",
  "Lease",
  "EndpointSlice",
  "Endpoints",
  "Pod",
  "ReplicaSet",
  "ControllerRevision",
  "App",
]);

/**
 * P-19: everything on the cluster that carries our label and this app's full mark, by complete metadata lists of every
 * kind that can be listed; where the whole cluster may not be, in the namespaces that Git names (C-8). Only asked for an
 * app without inventory: it is new, or its inventory was lost.
 */
export async function findMarked(
  world: World,
  app: string,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const kinds = [...world.discovery.versions.entries()].flatMap(([id, [version]]) => {
    const [group, kind] = id.split("/");
    const served = world.discovery.kinds.get(`${group}/${version}/${kind}`);
    return served !== undefined && isListed(served) ? [served] : [];
  });
  const places = await listedPlaces(world, kinds, signal);
  const found = await Promise.all(places.map((place) => marked(world, { ...place, app }, signal)));
  return found.flat();
}

interface Place {
  readonly kind: ServedKind;
  /** `""`: the whole cluster. */
  readonly namespace: string;
}

/** The whole cluster where it may be listed, else what may be of the namespaces that any app here names. */
async function listedPlaces(
  { cluster, slots }: World,
  kinds: readonly ServedKind[],
  signal: AbortSignal,
): Promise<readonly Place[]> {
  const wide = kinds.map((kind) => ({ kind, namespace: "" }));
  const namespaces = new Set([...slots.values()].flatMap(namespacesOf));
  const lacked = await lackedIn(cluster, wide, signal);
  const narrow = lacked
    .filter(({ kind }) => kind.namespaced)
    .flatMap(({ kind }) => [...namespaces].map((namespace) => ({ kind, namespace })));
  const refused = new Set([...lacked, ...(await lackedIn(cluster, narrow, signal))]);
  return [...wide, ...narrow].filter((place) => !refused.has(place));
}

async function lackedIn(
  { rights }: World["cluster"],
  places: readonly Place[],
  signal: AbortSignal,
): Promise<readonly Place[]> {
  const needs = places.map(({ kind: { group, plural }, namespace }) => {
    const right = { verb: "list", group, resource: plural, namespace, name: "" };
    return { right, use: "watch" as const };
  });
  try {
    const lacked = new Set(await rights.lacked(needs, signal));
    return places.filter((_place, index) => {
      const need = needs[index];
      return need !== undefined && lacked.has(need);
    });
  } catch (error) {
    if (error instanceof ApiError) return []; // each list tells for itself
    throw error;
  }
}

function namespacesOf({ unit, manifests }: Slot): readonly string[] {
  const declared = (manifests?.desired ?? []).map(({ ref }) => ref.namespace);
  return [unit?.namespace ?? "", ...declared].filter((namespace) => namespace !== "");
}

function isListed({ kind, verbs }: ServedKind): boolean {
  return verbs.includes("list") && verbs.includes("delete") && !neverOurs.has(kind);
}

async function marked(
  { cluster }: World,
  { kind, namespace, app }: Place & { readonly app: string },
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const { id } = cluster.installation;
  const selection = {
    group: kind.group,
    kind: kind.kind,
    version: kind.version,
    metadataOnly: true,
    ...(namespace === "" ? {} : { namespace }),
    labelSelector: `${installationLabel}=${id}`,
  };
  const found: KubeObject[] = [];
  try {
    for await (const { items } of cluster.client.list(selection, signal)) {
      found.push(...items.filter((object) => isMarkedOurs(object, { installation: id, app })));
    }
  } catch (error) {
    if (error instanceof ApiError) return []; // not to be seen is not to be deleted: these stay where they are
    throw error;
  }
  return found.map((object) => ({
    ...object,
    apiVersion: kind.group === "" ? kind.version : `${kind.group}/${kind.version}`,
    kind: kind.kind,
  }));
}
