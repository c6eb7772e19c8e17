import type { ServedKind } from "./cluster/client.ts";
import { ApiError } from "./cluster/errors.ts";
import { installationLabel } from "./model/names.ts";
import type { KubeObject } from "./model/object.ts";
import { isMarkedOurs } from "./plan/ownership.ts";
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
 * kind that can be listed. Only asked for an app without inventory: it is new, or its inventory was lost.
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
  const found = await Promise.all(kinds.map((kind) => marked(world, { kind, app }, signal)));
  return found.flat();
}

function isListed({ kind, verbs }: ServedKind): boolean {
  return verbs.includes("list") && verbs.includes("delete") && !neverOurs.has(kind);
}

async function marked(
  { cluster }: World,
  { kind, app }: { readonly kind: ServedKind; readonly app: string },
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const { id } = cluster.installation;
  const selection = {
    group: kind.group,
    kind: kind.kind,
    version: kind.version,
    metadataOnly: true,
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
