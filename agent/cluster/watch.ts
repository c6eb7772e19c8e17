import type { Emit } from "../model/event.ts";
import { type KubeObject, kindId } from "../model/object.ts";
import type { Clock, Random } from "../schedule/clock.ts";
import type { Lister, Selection, Watcher } from "./client.ts";
import { ApiError, isExpired, isForbidden, isKindUnknown } from "./errors.ts";
import type { Limiter } from "./limiter.ts";
import { isStalled } from "./stream.ts";

export interface FollowPorts {
  readonly client: Lister & Watcher;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit?: Emit;
  /** How many lists run at a time (C-2). */
  readonly lists?: Limiter;
}

/** Where a followed kind's objects go. Nothing here decides: absence is told, never acted on (D-10). */
export interface Sink {
  /** A list begins: what enters by other ways from now on is newer than it. */
  listing?(): void;
  /** All there are; what was there before and is missing now is gone (C-3). */
  listed(objects: readonly KubeObject[], resourceVersion: string): void;
  changed(object: KubeObject): void;
  deleted?(object: KubeObject): void;
  /** The watch is proven to be at the server's present (C-5). */
  alive?(): void;
  /** Not to be had now: no right (asked again later), or not served (D-16: ends). */
  refused?(why: "forbidden" | "gone"): void;
}

export interface Followed {
  readonly selection: Selection;
  readonly sink: Sink;
}

/** C-8 */
const forbiddenAgainMs = 300_000;
const firstBackoffMs = 1_000;
const longestBackoffMs = 300_000;
/** A watch that ends sooner than this was no watch. */
const shortestWatchMs = 1_000;

/** C-5: what a watch missed without a word is found by a list a day. */
const listAgainMs = 24 * 3_600_000;

/** Where a follower is: `from` undefined means that only a list can tell. */
interface Place {
  from: string | undefined;
  /** Monotonic. */
  listAgainAt: number;
  failures: number;
  stalls: number;
}

/** Lists a kind, then watches it, until aborted or until the kind is not served. Never throws for what the server does. */
export async function followKind(
  ports: FollowPorts,
  followed: Followed,
  signal: AbortSignal,
): Promise<void> {
  const place: Place = { from: undefined, listAgainAt: 0, failures: 0, stalls: 0 };
  while (!signal.aborted) {
    const failure = await failureOf(round(ports, followed, { place, signal }));
    if (failure === undefined || signal.aborted) continue;
    if (isKindUnknown(failure)) return followed.sink.refused?.("gone");
    const waitMs = afterFailure(ports, followed, { place, error: failure });
    if (waitMs > 0) await ports.clock.sleep(waitMs, signal).catch(() => undefined);
  }
}

async function failureOf(task: Promise<void>): Promise<unknown> {
  try {
    await task;
    return undefined;
  } catch (error) {
    return error;
  }
}

interface Round {
  readonly place: Place;
  readonly signal: AbortSignal;
}

async function round(ports: FollowPorts, followed: Followed, { place, signal }: Round) {
  const { client, clock } = ports;
  const { selection, sink } = followed;
  const from = await startOf(ports, followed, { place, signal });
  const since = clock.monotonic();
  let events = 0;
  for await (const event of client.watch(selection, from, signal)) {
    if (event.type === "bookmark") place.from = event.resourceVersion;
    else {
      if (event.type === "deleted") sink.deleted?.(event.object);
      else sink.changed(event.object);
      place.from = event.object.metadata.resourceVersion;
    }
    sink.alive?.();
    place.failures = 0;
    place.stalls = 0;
    events += 1;
  }
  if (events === 0 && clock.monotonic() - since < shortestWatchMs) throw new EndedAtOnce();
  sink.alive?.();
}

/** Where to watch from: where the last watch ended, or a list. */
async function startOf(
  ports: FollowPorts,
  followed: Followed,
  { place, signal }: Round,
): Promise<string> {
  const now = ports.clock.monotonic();
  if (place.from !== undefined && now < place.listAgainAt) return place.from;
  place.from = await listWhole(ports, followed, signal);
  place.listAgainAt = now + jittered(listAgainMs, ports.random);
  return place.from;
}

/** The server closes watches as soon as they open: back off rather than hammer it. */
class EndedAtOnce extends Error {
  override readonly name = "EndedAtOnce";
}

/** C-1: only a complete list counts; one whose token expired starts from scratch. */
async function listWhole(
  { client, lists }: FollowPorts,
  { selection, sink }: Followed,
  signal: AbortSignal,
): Promise<string> {
  const slot = await lists?.enter(signal);
  try {
    sink.listing?.();
    const objects: KubeObject[] = [];
    let resourceVersion = "";
    for await (const page of client.list(selection, signal)) {
      for (const item of page.items) objects.push(item);
      resourceVersion = page.resourceVersion;
    }
    sink.listed(objects, resourceVersion);
    sink.alive?.();
    return resourceVersion;
  } finally {
    slot?.leave("answered");
  }
}

/** What a failure means for the place, and how long to wait before going on. */
function afterFailure(
  ports: FollowPorts,
  followed: Followed,
  { place, error }: { readonly place: Place; readonly error: unknown },
): number {
  const kind = kindId(followed.selection);
  if (!(error instanceof ApiError) && !(error instanceof EndedAtOnce)) throw error;
  if (isForbidden(error)) {
    place.from = undefined;
    followed.sink.refused?.("forbidden");
    return jittered(forbiddenAgainMs, ports.random);
  }
  if (isExpired(error)) {
    place.from = undefined;
    place.failures += 1;
    ports.emit?.({ type: "watch-restarted", kind, reason: "expired" });
    return place.failures === 1 ? 0 : backoff(place, ports.random);
  }
  if (isStalled(error)) return afterStall(ports, place, kind);
  place.failures += 1;
  if (isUnreadable(error)) place.from = undefined; // a line was lost: only a list knows (C-3)
  ports.emit?.({ type: "watch-restarted", kind, reason: "network" });
  return backoff(place, ports.random);
}

/** The first silence is met by connecting again, the next by a list: some servers send no bookmarks. */
function afterStall(ports: FollowPorts, place: Place, kind: string): number {
  place.stalls += 1;
  if (place.stalls > 1) place.from = undefined;
  ports.emit?.({ type: "watch-restarted", kind, reason: "stalled" });
  return 0;
}

function isUnreadable(error: unknown): boolean {
  return error instanceof ApiError && error.failure.reason === "BadAnswer";
}

/** C-4: later and later, and not all at once. */
function backoff({ failures }: Place, random: Random): number {
  return jittered(Math.min(longestBackoffMs, firstBackoffMs * 2 ** (failures - 1)), random);
}

/** ±20 % */
function jittered(ms: number, random: Random): number {
  return ms * (0.8 + 0.4 * random.next());
}
