import type { Hasher } from "../model/digest.ts";
import type { Emit } from "../model/event.ts";
import { jsonEqual } from "../model/json.ts";
import {
  type GroupKind,
  groupOf,
  type KubeObject,
  type ObjectRef,
  parseRefId,
} from "../model/object.ts";
import type { Clock, Random } from "../schedule/clock.ts";
import { type FollowedKind, startKind } from "./cached-kind.ts";
import type { Lister, Watcher } from "./client.ts";
import { createLimiter } from "./limiter.ts";
import type { Timeline } from "./timeline.ts";

export interface WatchedKind extends GroupKind {
  readonly version: string;
  /** Else metadata only (C-6, C-7). */
  readonly full: boolean;
  /** Served by another API server (Discovery.aggregatedGroups). */
  readonly aggregated?: boolean;
  /** Of namespaced kinds: where objects of it are declared or tracked; watched one by one where the whole cluster may not be (C-8). */
  readonly namespaces?: readonly string[];
}

/** What is known of a live object, and since when nothing can be said against it. */
export interface CachedObject {
  /** Lean: no managedFields, no last-applied, hashes for Secret values; only metadata where the kind is watched so. */
  readonly object: KubeObject;
  readonly full: boolean;
  /** */
  readonly fingerprint: string;
}

export type CacheListener = (ref: ObjectRef, type: "changed" | "deleted") => void;

/** Live state of what bears our label. Decides "unchanged" and health, never absence or deletion (C-18, D-10). */
export interface LiveCache {
  /** From now on these kinds are watched and no others. A kind that changes version or form starts anew. */
  setKinds(kinds: readonly WatchedKind[]): void;
  get(id: string): KubeObject | undefined;
  entry(id: string): CachedObject | undefined;
  /** An answer of the API server to us, whole. Newer than what is here, or ignored. Tells no listener. */
  put(object: KubeObject): void;
  /** Tells what moved in fingerprint, status or termination; and DELETED, which proves nothing. Gives back how to stop. */
  onChange(listener: CacheListener): () => void;
  /** Kinds whose watch is not proven alive for 5 minutes (C-5), or was never. `nowMs`: monotonic. */
  stale(nowMs: number): readonly StaleKind[];
  /** When each kind was last proven to be at the server's present, monotonic; undefined before its first list. */
  aliveAt(kind: GroupKind): number | undefined;
  /** Resolves when the first list of each is in, or is known to be impossible. Rejects with the signal's reason. */
  synced(kinds: readonly GroupKind[], signal: AbortSignal): Promise<void>;
  /** Asks anew for what may not be watched: rights may have come. */
  retryForbidden(): void;
  stop(): Promise<void>;
}

export interface StaleKind extends GroupKind {
  readonly why: "silent" | "forbidden" | "gone";
  /** Absent: in the whole cluster. */
  readonly namespaces?: readonly string[];
}

export interface LiveCacheOptions {
  readonly client: Lister & Watcher;
  readonly clock: Clock;
  readonly random: Random;
  readonly hasher: Hasher;
  readonly emit?: Emit;
  readonly timeline?: Pick<Timeline, "saw">;
  /** `holdfast.dev/installation=<installation>` */
  readonly labelSelector: string;
}

/** C-2 */
const listsAtATime = 4;
export function createLiveCache(options: LiveCacheOptions): LiveCache {
  const { clock } = options;
  const kinds = new Map<string, FollowedKind>();
  const listeners = new Set<CacheListener>();
  const lists = createLimiter({ max: listsAtATime, clock });
  const tell: CacheListener = (ref, type) => {
    for (const listener of listeners) listener(ref, type);
  };
  const kindOf = (kind: GroupKind) => kinds.get(idOf(kind));
  const entryOf = (id: string) => {
    const ref = parseRefId(id);
    return ref === undefined ? undefined : kindOf(ref)?.entry(ref, id);
  };
  function start(kind: WatchedKind, isNews: boolean): void {
    kinds.get(idOf(kind))?.stop();
    kinds.set(idOf(kind), startKind(options, { kind, lists, tell, isNews }));
  }
  return {
    setKinds: (wanted) => {
      const ids = new Set(wanted.map(idOf));
      const dropped = [...kinds].filter(([id]) => !ids.has(id));
      for (const [id, each] of dropped) {
        each.stop();
        kinds.delete(id);
      }
      for (const kind of wanted) {
        const known = kinds.get(idOf(kind));
        if (isFollowed(known, kind)) known?.setNamespaces(kind.namespaces ?? []);
        else start(kind, false);
      }
    },
    get: (id) => entryOf(id)?.object,
    entry: entryOf,
    put: (object) => {
      kindOf({ group: groupOf(object.apiVersion), kind: object.kind })?.put(object);
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stale: (nowMs) => [...kinds.values()].flatMap((each) => each.stale(nowMs)),
    aliveAt: (kind) => kindOf(kind)?.aliveAt(),
    synced: async (wanted, signal) => {
      const waits = wanted.map((kind) => kindOf(kind)?.synced());
      await orAborted(Promise.all(waits), signal);
    },
    retryForbidden: () => {
      const stale = [...kinds.values()].filter((each) =>
        each.stale(clock.monotonic()).some(({ why }) => why === "forbidden"),
      );
      for (const each of stale) start(each.kind(), true);
    },
    stop: async () => {
      const all = [...kinds.values()];
      kinds.clear();
      for (const each of all) each.stop();
      await Promise.all(all.map((each) => each.ended()));
    },
  };
}

function idOf({ group, kind }: GroupKind): string {
  return `${group}/${kind}`;
}

/** One that was gone is tried again whenever kinds are set: that is when discovery changed. */
function isFollowed(followed: FollowedKind | undefined, wanted: WatchedKind): boolean {
  return (
    followed !== undefined &&
    !followed.isGone() &&
    jsonEqual(formOf(followed.kind()), formOf(wanted))
  );
}

function formOf({ namespaces, ...form }: WatchedKind) {
  return { ...form, isNamespaced: namespaces !== undefined };
}

function orAborted(all: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const give = () => reject(signal.reason);
    signal.addEventListener("abort", give, { once: true });
    all.then(() => {
      signal.removeEventListener("abort", give);
      resolve();
    }, reject);
  });
}
