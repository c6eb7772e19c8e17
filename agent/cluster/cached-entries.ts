import { jsonEqual } from "../model/json.ts";
import { type KubeObject, refId, refOf } from "../model/object.ts";
import type { CachedObject, CacheListener, LiveCacheOptions, WatchedKind } from "./cache.ts";
import { fingerprintOf, lean } from "./fingerprint.ts";
import type { Sink } from "./watch.ts";

/** `at`: counts entries, so that a list knows what is newer than its beginning. */
interface Entry {
  readonly cached: CachedObject;
  readonly at: number;
}

export interface Entries
  extends Required<Pick<Sink, "listing" | "listed" | "changed" | "deleted">> {
  entry(id: string): CachedObject | undefined;
  put(object: KubeObject): void;
  /** Nothing shows what happens to them any more, so they prove nothing (C-8). */
  forget(): void;
}

export interface EntriesOf {
  readonly kind: Pick<WatchedKind, "full" | "aggregated">;
  readonly tell: CacheListener;
  /** Something was known before: the first list is news, too. */
  readonly isNews: boolean;
}

/** The objects of one kind, everywhere or in one namespace. For one uid nothing goes back, until a list resets that floor (C-18). */
export function createEntries(
  { hasher }: Pick<LiveCacheOptions, "hasher">,
  { kind, tell, isNews }: EntriesOf,
): Entries {
  let entries = new Map<string, Entry>();
  let clock = 0;
  let listedFrom = 0;
  let isToldOf = isNews;
  const form = {
    form: kind.full ? "full" : "metadata",
    ...(kind.aggregated === true && { aggregated: true }),
  } as const;
  function cachedOf(object: KubeObject): CachedObject {
    const seen = kind.full ? object : bare(object);
    return {
      object: lean(seen, hasher),
      full: kind.full,
      fingerprint: fingerprintOf(seen, form, hasher),
    };
  }
  function enter(
    object: KubeObject,
  ): { before: CachedObject | undefined; after: CachedObject } | undefined {
    const id = refId(refOf(object));
    const before = entries.get(id)?.cached;
    if (before !== undefined && isOlder(object, before.object)) return undefined;
    const after = cachedOf(object);
    clock += 1;
    entries.set(id, { cached: after, at: clock });
    return { before, after };
  }
  function changed(object: KubeObject): void {
    const entered = enter(object);
    if (entered !== undefined && hasMoved(entered.before, entered.after)) {
      tell(refOf(object), "changed");
    }
  }
  return {
    entry: (id) => entries.get(id)?.cached,
    put: (object) => {
      enter(object);
    },
    changed,
    deleted: (object) => {
      const id = refId(refOf(object));
      const before = entries.get(id)?.cached.object;
      // An answer to our own write came first: this tells of what was before it.
      if (before !== undefined && isLower(object, before)) return;
      entries.delete(id);
      tell(refOf(object), "deleted");
    },
    listing: () => {
      listedFrom = clock;
    },
    listed: (objects, resourceVersion) => {
      const old = entries;
      entries = newer(old, { than: listedFrom, resourceVersion });
      for (const object of objects) enter(object);
      if (isToldOf) tellDifference({ old, entries, tell });
      isToldOf = true;
    },
    forget: () => {
      entries = new Map();
      isToldOf = true;
    },
  };
}

/** What we put while the list ran and is newer than it; all else is as listed, lower or not (C-18). */
function newer(
  entries: ReadonlyMap<string, Entry>,
  { than, resourceVersion }: { readonly than: number; readonly resourceVersion: string },
): Map<string, Entry> {
  return new Map(
    [...entries].filter(
      ([, { at, cached }]) => at > than && !isLowerVersion(cached.object, resourceVersion),
    ),
  );
}

function tellDifference({
  old,
  entries,
  tell,
}: {
  readonly old: ReadonlyMap<string, Entry>;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly tell: CacheListener;
}): void {
  for (const [id, { cached }] of old) {
    if (!entries.has(id)) tell(refOf(cached.object), "deleted");
  }
  for (const [id, { cached }] of entries) {
    if (hasMoved(old.get(id)?.cached, cached)) tell(refOf(cached.object), "changed");
  }
}

/** What a pass should hear of. Health goes on after success (H-5). */
function hasMoved(before: CachedObject | undefined, after: CachedObject): boolean {
  return (
    before === undefined ||
    before.fingerprint !== after.fingerprint ||
    before.object.metadata.uid !== after.object.metadata.uid ||
    before.object.metadata.deletionTimestamp !== after.object.metadata.deletionTimestamp ||
    !jsonEqual(before.object.status, after.object.status)
  );
}

/** Not news: the same version again, or an earlier one. */
function isOlder(object: KubeObject, than: KubeObject): boolean {
  if (object.metadata.resourceVersion === than.metadata.resourceVersion) return true;
  if (isLower(object, than)) return true;
  const { uid, generation } = object.metadata;
  return uid === than.metadata.uid && (generation ?? 0) < (than.metadata.generation ?? 0);
}

function isLower(object: KubeObject, than: KubeObject): boolean {
  return isLowerVersion(object, than.metadata.resourceVersion ?? "");
}

/** Versions count up in decimals of any length; anything else is not compared. */
function isLowerVersion({ metadata: { resourceVersion = "" } }: KubeObject, than: string): boolean {
  if (!/^\d+$/.test(resourceVersion) || !/^\d+$/.test(than)) return false;
  return BigInt(resourceVersion) < BigInt(than);
}

/** What a metadata watch would have shown of a whole object. */
function bare({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata };
}
