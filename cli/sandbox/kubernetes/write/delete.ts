import { aboutOf, keyOf, liveOf, seenAt, type Target, type WriteOptions } from "../cluster.ts";
import { conflict, notFound } from "../http/fault.ts";
import { isMap, type Json, listAt, mapAt, textAt } from "../json.ts";
import { qualified, resourceId } from "../kinds/resource.ts";
import { admitted } from "./admission.ts";
import { withRevision } from "./commit.ts";

export interface DeleteRequest {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: string;
  readonly graceSeconds?: number;
}

export type Deleted =
  | { readonly gone: true; readonly object: Json }
  /** Finalizers hold it. */
  | { readonly gone: false; readonly object: Json };

/** The part of DeleteOptions that matters, from body and query. */
export function deleteRequest(body: unknown, query: URLSearchParams): DeleteRequest {
  const preconditions = mapAt(body, "preconditions");
  const { uid, resourceVersion } = preconditions;
  const sent = isMap(body) ? body.propagationPolicy : undefined;
  const propagation = typeof sent === "string" ? sent : query.get("propagationPolicy");
  const orphan = isMap(body) && body.orphanDependents === true;
  return {
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
    ...(typeof propagation === "string" ? { propagation } : {}),
    ...(orphan ? { propagation: "Orphan" } : {}),
  };
}

/** DELETE of one object. */
export function deleteObject(
  target: Target,
  request: DeleteRequest,
  options: WriteOptions,
): Deleted {
  const live = liveOf(target);
  if (live === undefined) throw notFound(aboutOf(target));
  checkPreconditions(target, live, request);
  admitted(target, options, { operation: "DELETE", object: undefined, old: live });
  const finalizers = finalizersAfter(live, request);
  if (finalizers.length === 0 && !isNamespace(target)) {
    const object = options.dryRun ? live : remove(target, live);
    return { gone: true, object: seenAt(target.served, object) };
  }
  const object = options.dryRun ? live : mark(target, live, finalizers);
  return { gone: false, object: seenAt(target.served, object) };
}

function isNamespace({ served }: Target): boolean {
  return qualified(served.resource) === "namespaces";
}

function checkPreconditions(target: Target, live: Json, request: DeleteRequest): void {
  const about = { ...aboutOf(target), group: "", plural: target.served.resource.kind };
  const uid = textAt(live, "metadata", "uid");
  if (request.uid !== undefined && request.uid !== uid) {
    const why = `the UID in the precondition (${request.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(about, why);
  }
  const version = textAt(live, "metadata", "resourceVersion");
  if (request.resourceVersion === undefined || request.resourceVersion === version) return;
  const why = `the ResourceVersion in the precondition (${request.resourceVersion}) does not match the ResourceVersion in record (${version}). The object might have been modified`;
  throw conflict(about, why);
}

function finalizersAfter(live: Json, { propagation }: DeleteRequest): readonly string[] {
  const finalizers = listAt(live, "metadata", "finalizers").map(String);
  const own = finalizers.filter((name) => name !== "orphan" && name !== "foregroundDeletion");
  if (propagation === "Orphan") return ["orphan", ...own];
  if (propagation === "Foreground") return ["foregroundDeletion", ...own];
  return propagation === undefined ? finalizers : own;
}

function mark(target: Target, live: Json, finalizers: readonly string[]): Json {
  const { cluster, served, namespace, name } = target;
  const metadata = mapAt(live, "metadata");
  if (
    metadata.deletionTimestamp !== undefined &&
    finalizers.join() === listAt(metadata, "finalizers").join()
  ) {
    return live;
  }
  const marked: Json = {
    ...live,
    metadata: {
      ...metadata,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      deletionTimestamp: metadata.deletionTimestamp ?? cluster.now(),
      deletionGracePeriodSeconds: isNamespace(target) ? undefined : 0,
      ...(served.resource.hasGeneration && typeof metadata.generation === "number"
        ? { generation: metadata.generation + (metadata.deletionTimestamp === undefined ? 1 : 0) }
        : {}),
    },
  };
  if (isNamespace(target)) {
    delete mapAt(marked, "metadata").deletionGracePeriodSeconds;
    marked.status = { ...mapAt(live, "status"), phase: "Terminating" };
  }
  return cluster.store.put(resourceId(served.resource), keyOf(namespace, name), (revision) =>
    withRevision(marked, revision),
  );
}

function remove({ cluster, served, namespace, name }: Target, live: Json): Json {
  return cluster.store.remove(resourceId(served.resource), keyOf(namespace, name), (revision) =>
    withRevision(live, revision),
  );
}
