import { type Cluster, targetOf } from "../cluster.ts";
import { cloneJson, isMap, type Json, listAt, mapAt, textAt } from "../json.ts";
import type { Resource } from "../kinds/resource.ts";
import { deleteObject } from "../write/delete.ts";
import { storeUpdate } from "../write/update.ts";
import { ownOptions, system } from "./system.ts";

/** Follows an owner that went away, or waits with the finalizer of Foreground or Orphan. */
export function collect(cluster: Cluster, owner: Json, isGone: boolean): void {
  const uid = textAt(owner, "metadata", "uid");
  const finalizers = listAt(owner, "metadata", "finalizers");
  if (isGone) releaseAll(cluster, uid);
  else if (finalizers.includes("orphan")) {
    for (const place of dependentsOf(cluster, uid)) disown(cluster, place, uid);
    finish(cluster, owner, "orphan");
  } else if (finalizers.includes("foregroundDeletion")) {
    releaseAll(cluster, uid);
    if (dependentsOf(cluster, uid).length === 0) finish(cluster, owner, "foregroundDeletion");
  }
}

function releaseAll(cluster: Cluster, uid: string): void {
  for (const place of dependentsOf(cluster, uid)) release(cluster, place, uid);
}

interface Place {
  readonly resource: Resource;
  readonly key: string;
}

function dependentsOf(cluster: Cluster, uid: string): Place[] {
  return cluster.store.resources().flatMap((id) => {
    const resource = cluster.registry.byId(id);
    if (resource === undefined) return [];
    return cluster.store
      .list(id)
      .filter(([, object]) => ownersOf(object).some((owner) => owner.uid === uid))
      .map(([key]) => ({ resource, key }));
  });
}

function ownersOf(object: Json): Json[] {
  return listAt(object, "metadata", "ownerReferences").filter(isMap);
}

/** Deletes a dependent whose owners are all gone; else only the one reference goes. */
function release(cluster: Cluster, { resource, key }: Place, uid: string): void {
  const target = targetOf(cluster, resource, key);
  const live = cluster.store.get(`${resource.group}/${resource.plural}`, key);
  if (live === undefined) return;
  const others = ownersOf(live).filter((owner) => owner.uid !== uid);
  if (others.length > 0) disown(cluster, { resource, key }, uid);
  else deleteObject(target, { propagation: "Background" }, ownOptions(system.controllers));
}

function disown(cluster: Cluster, { resource, key }: Place, uid: string): void {
  const live = cluster.store.get(`${resource.group}/${resource.plural}`, key);
  if (live === undefined) return;
  const next = cloneJson(live);
  const metadata = mapAt(next, "metadata");
  metadata.ownerReferences = ownersOf(next).filter((owner) => owner.uid !== uid);
  storeUpdate(targetOf(cluster, resource, key), { live, next }, ownOptions(system.controllers));
}

function finish(cluster: Cluster, owner: Json, finalizer: string): void {
  for (const id of cluster.store.resources()) {
    const resource = cluster.registry.byId(id);
    const found = cluster.store
      .list(id)
      .find(([, object]) => textAt(object, "metadata", "uid") === textAt(owner, "metadata", "uid"));
    if (resource === undefined || found === undefined) continue;
    const [key, live] = found;
    const next = cloneJson(live);
    const metadata = mapAt(next, "metadata");
    metadata.finalizers = listAt(metadata, "finalizers").filter((name) => name !== finalizer);
    storeUpdate(targetOf(cluster, resource, key), { live, next }, ownOptions(system.controllers));
    return;
  }
}
