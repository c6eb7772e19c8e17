import { type Cluster, seenAt, type Target } from "../cluster.ts";
import { expired } from "../http/fault.ts";
import type { Json } from "../json.ts";
import { apiVersionAt, resourceId } from "../kinds/resource.ts";
import type { StoredEvent } from "../store/store.ts";
import { versionAsked } from "./list.ts";
import { selectorOf } from "./select.ts";

export interface Frame {
  readonly type: string;
  readonly object: Json;
}

export interface Watch {
  /** Frames that are due at once. */
  readonly backlog: readonly Frame[];
  /** Calls back for each later one; returns how to stop. */
  follow(send: (frame: Frame) => void): () => void;
  /** Undefined while what the watch waits for is still to come: it is silent until then. */
  bookmark(initial: boolean): Frame | undefined;
  readonly sendsInitial: boolean;
}

/** A watch from `resourceVersion`; without one it starts with what is there. Throws 410 when that is compacted. */
export function openWatch(target: Target, query: URLSearchParams): Watch {
  const { cluster, served, namespace } = target;
  const id = resourceId(served.resource);
  const selects = selectorOf(query, namespace);
  const from = versionAsked(query, true);
  const sendsInitial = query.get("sendInitialEvents") === "true";
  const frameOf = (event: StoredEvent) =>
    transition(event, selects, (object) => seenAt(served, object));
  const backlog =
    from === 0 || sendsInitial
      ? cluster.store
          .list(id)
          .filter(([, object]) => selects(object))
          .map(([, object]) => ({ type: "ADDED", object: seenAt(served, object) }))
      : missed(cluster, id, from).flatMap(frameOf);
  return {
    backlog,
    sendsInitial,
    follow: (send) =>
      cluster.store.listen((event) => {
        if (event.resource !== id || event.revision <= from) return;
        for (const frame of frameOf(event)) send(frame);
      }),
    bookmark: (initial) =>
      cluster.store.revision < from ? undefined : bookmark(target, cluster, initial),
  };
}

function missed(cluster: Cluster, id: string, from: number): StoredEvent[] {
  if (from < cluster.store.compacted) {
    throw expired(`too old resource version: ${from} (${cluster.store.compacted})`);
  }
  return cluster.store.since(from).filter(({ resource }) => resource === id);
}

/** What a selecting watch sees: entering the selection is ADDED, leaving it DELETED. */
function transition(
  { type, object, previous }: StoredEvent,
  selects: (object: Json) => boolean,
  show: (object: Json) => Json,
): Frame[] {
  const was = previous !== undefined && selects(previous);
  const is = type !== "DELETED" && selects(object);
  if (is) return [{ type: was ? "MODIFIED" : "ADDED", object: show(object) }];
  if (!was) return [];
  // The state that left is the last one that matched, at the revision at which it left.
  const left = {
    ...previous,
    metadata: { ...metadata(previous), resourceVersion: metadata(object).resourceVersion },
  };
  return [{ type: "DELETED", object: show(left) }];
}

function metadata(object: Json): Record<string, unknown> {
  const found = object.metadata;
  return typeof found === "object" && found !== null ? { ...found } : {};
}

function bookmark({ served }: Target, cluster: Cluster, initial: boolean): Frame {
  const annotations = initial ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
  return {
    type: "BOOKMARK",
    object: {
      kind: served.resource.kind,
      apiVersion: apiVersionAt(served),
      metadata: { resourceVersion: String(cluster.store.revision), ...annotations },
    },
  };
}
