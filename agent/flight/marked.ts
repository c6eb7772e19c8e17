import type { ServedKind } from "../cluster/client.ts";
import { ApiError } from "../cluster/errors.ts";
import { installationLabel, ownerAnnotation, parseMark } from "../model/names.ts";
import type { KubeObject } from "../model/object.ts";
import { isMarkedOurs } from "../plan/ownership.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";

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

/** One look at the whole cluster, for all apps that were new to us when it was taken. */
interface Look {
  readonly found: Promise<ReadonlyMap<string, readonly KubeObject[]>>;
  /** Whom it can answer for: those without inventory when it was taken. */
  readonly apps: ReadonlySet<string>;
  /** Who asked before in this term: they may have written since, so they get a look of their own. */
  readonly asked: Set<string>;
  /** Monotonic. */
  readonly at: number;
}

/** Of one term of leadership: in another, somebody else may have written. */
const looks = new WeakMap<World["slots"], Look>();
const believedForMs = 60_000;

/**
 * P-19: everything on the cluster that carries our label and this app's full mark, by complete metadata lists of every
 * kind that can be listed; where the whole cluster may not be, in the namespaces that Git names (C-8). Only asked for an
 * app without inventory: it is new, or its inventory was lost. A thousand new apps share one look.
 */
export async function findMarked(
  world: World,
  app: string,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const nowMs = world.ports.clock.monotonic();
  const last = looks.get(world.slots);
  const asked = last?.asked ?? new Set<string>();
  const isFirst = !asked.has(app);
  asked.add(app);
  if (isFirst && last?.apps.has(app) && nowMs - last.at < believedForMs) {
    const found = await last.found.catch(() => undefined);
    if (found !== undefined) return found.get(app) ?? [];
  }
  const apps = new Set([app, ...newApps(world)]);
  const look: Look = { found: lookFor(world, apps, signal), apps, asked, at: nowMs };
  looks.set(world.slots, look);
  return (await look.found).get(app) ?? [];
}

/** Those whose inventory was never seen: one that was lost later may stand for writes that a look did not see. */
function newApps({ slots }: World): readonly string[] {
  return [...slots.values()]
    .filter(({ inventory }) => inventory === undefined)
    .map(({ app }) => app);
}

async function lookFor(
  world: World,
  apps: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly KubeObject[]>> {
  const kinds = [...world.discovery.versions.entries()].flatMap(([id, [version]]) => {
    const [group, kind] = id.split("/");
    const served = world.discovery.kinds.get(`${group}/${version}/${kind}`);
    return served !== undefined && isListed(served) ? [served] : [];
  });
  const places = await listedPlaces(world, kinds, signal);
  const found = await Promise.all(places.map((place) => marked(world, { ...place, apps }, signal)));
  return Map.groupBy(found.flat(), ({ metadata }) => ownerOf(metadata));
}

function isOf(
  object: KubeObject,
  { installation, apps }: { readonly installation: string; readonly apps: ReadonlySet<string> },
): boolean {
  const app = ownerOf(object.metadata);
  return apps.has(app) && isMarkedOurs(object, { installation, app });
}

/** Which app the mark names. */
function ownerOf({ annotations }: KubeObject["metadata"]): string {
  return parseMark(annotations?.[ownerAnnotation] ?? "")?.app ?? "";
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
  { kind, namespace, apps }: Place & { readonly apps: ReadonlySet<string> },
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
      found.push(...items.filter((object) => isOf(object, { installation: id, apps })));
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
