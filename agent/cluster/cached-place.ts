import type { KubeObject } from "../model/object.ts";
import type { CachedObject, CacheListener, LiveCacheOptions, WatchedKind } from "./cache.ts";
import { createEntries } from "./cached-entries.ts";
import type { Limiter } from "./limiter.ts";
import { followKind, type Sink } from "./watch.ts";

export interface Started {
  readonly kind: WatchedKind;
  readonly lists: Limiter;
  readonly tell: CacheListener;
  /** Something was known before: the first list is news, too. */
  readonly isNews: boolean;
}

/** One kind in one namespace, or in the whole cluster, with its own watch. */
export interface FollowedPlace {
  /** Monotonic. */
  readonly startedAt: number;
  /** Monotonic; undefined before the first list. */
  aliveAt(): number | undefined;
  refused(): "forbidden" | "gone" | undefined;
  entry(id: string): CachedObject | undefined;
  put(object: KubeObject): void;
  /** The first list is in, or is known to be impossible. */
  readonly synced: Promise<void>;
  readonly ended: Promise<void>;
  stop(): void;
}

export interface Place {
  /** `""`: the whole cluster. */
  readonly namespace: string;
  readonly isNews: boolean;
  /** Told whenever it may be watched or may not; the latter comes before `synced`. */
  onRefusal(refused: "forbidden" | "gone" | undefined): void;
}

/** Follows one place. While it may not be watched, nothing is known of it: what we put there would prove nothing. */
export function followPlace(
  options: LiveCacheOptions,
  { kind, lists, tell }: Started,
  { namespace, isNews, onRefusal }: Place,
): FollowedPlace {
  const { client, clock, random, emit } = options;
  const objects = createEntries(options, { kind, tell, isNews });
  const place = `the list of ${kind.kind}${namespace === "" ? "" : ` in ${namespace}`}`;
  const stop = new AbortController();
  const first = Promise.withResolvers<void>();
  let aliveAt: number | undefined;
  let refused: "forbidden" | "gone" | undefined;
  const refuse = (why: typeof refused): void => {
    refused = why;
    if (why !== undefined) objects.forget();
    onRefusal(why);
    first.resolve();
  };
  const sink: Sink = {
    listing: objects.listing,
    listed: (items, resourceVersion) => {
      // Other API servers count for themselves, and begin anew when they like.
      if (kind.aggregated !== true) options.timeline?.saw(place, resourceVersion);
      objects.listed(items, resourceVersion);
      refuse(undefined);
    },
    changed: objects.changed,
    deleted: objects.deleted,
    alive: () => {
      aliveAt = clock.monotonic();
    },
    refused: refuse,
  };
  const ports = { client, clock, random, lists, ...(emit !== undefined && { emit }) };
  const selection = selectionOf(kind, namespace, options.labelSelector);
  const ended = followKind(ports, { selection, sink }, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) emit?.({ type: "error", message: String(error) });
  });
  return {
    startedAt: clock.monotonic(),
    aliveAt: () => aliveAt,
    refused: () => refused,
    entry: objects.entry,
    put: (object) => {
      if (refused === undefined) objects.put(object);
    },
    synced: first.promise,
    ended,
    stop: () => {
      stop.abort();
      first.resolve();
    },
  };
}

function selectionOf(
  { group, version, kind, full }: WatchedKind,
  namespace: string,
  labelSelector: string,
) {
  return {
    group,
    version,
    kind,
    labelSelector,
    ...(namespace !== "" && { namespace }),
    ...(!full && { metadataOnly: true }),
  };
}
