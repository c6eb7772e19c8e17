import type { KubeObject, ObjectRef } from "../model/object.ts";
import type { CachedObject, LiveCacheOptions, StaleKind, WatchedKind } from "./cache.ts";
import { type FollowedPlace, followPlace, type Started } from "./cached-place.ts";

/** One kind in the cache: watched in the whole cluster, or, where that is forbidden, namespace by namespace (C-8). */
export interface FollowedKind {
  /** With the namespaces as they are now. */
  kind(): WatchedKind;
  aliveAt(): number | undefined;
  isGone(): boolean;
  stale(nowMs: number): readonly StaleKind[];
  entry(ref: ObjectRef, id: string): CachedObject | undefined;
  put(object: KubeObject): void;
  setNamespaces(namespaces: readonly string[]): void;
  /** The first list of every place is in, or is known to be impossible. */
  synced(): Promise<void>;
  ended(): Promise<void>;
  stop(): void;
}

/** C-5 */
const provenForMs = 300_000;

/** Follows a kind. The whole cluster is asked for again every 5 minutes while it is refused: rights may come. */
export function startKind(options: LiveCacheOptions, started: Started): FollowedKind {
  const { kind } = started;
  const narrow = new Map<string, FollowedPlace>();
  const stopping = new Set<Promise<void>>();
  let namespaces = kind.namespaces ?? [];
  let isNarrow = false;
  let wasListed = started.isNews;

  function follow(namespace: string): FollowedPlace {
    const onRefusal = namespace === "" ? turn : () => {};
    return followPlace(options, started, { namespace, isNews: wasListed, onRefusal });
  }
  function end([namespace, place]: readonly [string, FollowedPlace]): void {
    place.stop();
    const gone = place.ended.then(() => void stopping.delete(gone));
    stopping.add(gone);
    narrow.delete(namespace);
  }
  function settle(): void {
    const wanted = new Set(isNarrow ? namespaces : []);
    [...narrow].filter(([namespace]) => !wanted.has(namespace)).forEach(end);
    for (const namespace of wanted) {
      const place = narrow.get(namespace) ?? follow(namespace);
      narrow.set(namespace, place);
    }
  }
  /** Cluster-scoped kinds have no namespaces to turn to. */
  function turn(refused: "forbidden" | "gone" | undefined): void {
    isNarrow = refused === "forbidden" && kind.namespaces !== undefined;
    settle();
    wasListed ||= refused === undefined;
  }

  const wide = follow("");
  const places = (): ReadonlyMap<string, FollowedPlace> =>
    isNarrow ? narrow : new Map([["", wide]]);
  const placeOf = (namespace = ""): FollowedPlace | undefined =>
    isNarrow ? narrow.get(namespace) : wide;
  return {
    kind: () => (kind.namespaces === undefined ? kind : { ...kind, namespaces }),
    aliveAt: () => earliest([...places().values()].map((place) => place.aliveAt())),
    isGone: () => wide.refused() === "gone",
    stale: (nowMs) => staleOf(kind, places(), nowMs),
    entry: (ref, id) => placeOf(ref.namespace)?.entry(id),
    put: (object) => placeOf(object.metadata.namespace)?.put(object),
    setNamespaces: (wanted) => {
      namespaces = wanted;
      settle();
    },
    synced: async () => {
      await wide.synced;
      await Promise.all([...narrow.values()].map(({ synced }) => synced));
    },
    ended: async () => {
      await Promise.all([wide.ended, ...stopping]);
    },
    stop: () => {
      isNarrow = false;
      settle();
      wide.stop();
    },
  };
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length < times.length || known.length === 0 ? undefined : Math.min(...known);
}

/** Alike places as one, so that a kind is told once for each reason. */
function staleOf(
  { group, kind }: WatchedKind,
  places: ReadonlyMap<string, FollowedPlace>,
  nowMs: number,
): readonly StaleKind[] {
  const whys = [...places].flatMap(([namespace, place]) => {
    const why = whyOf(place, nowMs);
    return why === undefined ? [] : [{ namespace, why }];
  });
  return [...Map.groupBy(whys, ({ why }) => why)].map(([why, some]) => {
    const namespaces = some.map(({ namespace }) => namespace).filter((name) => name !== "");
    return { group, kind, why, ...(namespaces.length === 0 ? {} : { namespaces }) };
  });
}

function whyOf(place: FollowedPlace, nowMs: number): StaleKind["why"] | undefined {
  const isSilent = nowMs - (place.aliveAt() ?? place.startedAt) > provenForMs;
  return place.refused() ?? (isSilent ? "silent" : undefined);
}
