import { jsonEqual } from "../../../../agent/model/json.ts";
import { sameOwners } from "../apply/field-manager.ts";
import { keyOf, type Target, type WriteOptions } from "../cluster.ts";
import { type Json, listAt, mapAt } from "../json.ts";
import { resourceId } from "../kinds/resource.ts";

/** Stores an object, unless nothing changed or it is a dry run; removes it when it was only waiting for finalizers. */
export function commit(target: Target, next: Json, options: WriteOptions): Json {
  const { cluster, served, namespace, name } = target;
  const id = resourceId(served.resource);
  const key = keyOf(namespace, name);
  const live = cluster.store.get(id, key);
  if (live !== undefined && isUnchanged(live, next)) return live;
  if (options.dryRun) return dryRunResult(live, next);
  if (isReleased(next))
    return cluster.store.remove(id, key, (revision) => withRevision(next, revision));
  return cluster.store.put(id, key, (revision) => withRevision(next, revision));
}

export function withRevision(object: Json, resourceVersion: string): Json {
  return { ...object, metadata: { ...mapAt(object, "metadata"), resourceVersion } };
}

function dryRunResult(live: Json | undefined, next: Json): Json {
  const resourceVersion = mapAt(live, "metadata").resourceVersion;
  if (typeof resourceVersion === "string") return withRevision(next, resourceVersion);
  const { resourceVersion: _, ...metadata } = mapAt(next, "metadata");
  return { ...next, metadata };
}

/** Marked for deletion and held by no finalizer any more. */
function isReleased(object: Json): boolean {
  const metadata = mapAt(object, "metadata");
  if (metadata.deletionTimestamp === undefined) return false;
  return (
    listAt(metadata, "finalizers").length === 0 && listAt(object, "spec", "finalizers").length === 0
  );
}

/** Times of ownership do not count (§1.18 step 9). */
function isUnchanged(live: Json, next: Json): boolean {
  const { managedFields: before, ...left } = mapAt(live, "metadata");
  const { managedFields: after, ...right } = mapAt(next, "metadata");
  return (
    jsonEqual(
      { ...live, apiVersion: "", metadata: left },
      { ...next, apiVersion: "", metadata: { ...right, resourceVersion: left.resourceVersion } },
    ) && sameOwners(before, after)
  );
}
