import { type ChangeResult, type Desired, resultId } from "../model/change.ts";
import type { EntryState, Inventory, InventoryEntry } from "../model/inventory.ts";
import { isJsonObject } from "../model/json.ts";
import { apiVersionVersion, type KubeObject } from "../model/object.ts";
import { protectionOf } from "./object-settings.ts";

interface Intent {
  readonly changeId: string;
  /** ISO 8601. */
  readonly now: string;
  readonly pluralOf: (desired: Desired) => string;
}

/** Before the first write: stored = old ∪ desired, the new ones as `intent` (P-10). Equal input, equal output. */
export function withIntents(
  before: Inventory,
  desired: readonly Desired[],
  intent: Intent,
): Inventory {
  const moved = desired.flatMap((object) => {
    const known = before.entries.get(object.id);
    if (known !== undefined && isIntended(known, object, intent)) return [];
    return [[object.id, intend(known, object, intent)] as const];
  });
  if (moved.length === 0) return before;
  return { ...before, entries: new Map([...before.entries, ...moved]) };
}

/** Nothing would change: ten thousand entries are not made anew in every pass. */
function isIntended(known: InventoryEntry, desired: Desired, { pluralOf }: Intent): boolean {
  const isPlain = known.why === undefined && known.letGo === undefined;
  return (
    isPlain &&
    known.digest === desired.digest &&
    known.state === declaredState(known) &&
    known.version === apiVersionVersion(desired.object.apiVersion) &&
    known.plural === (pluralOf(desired) || known.plural) &&
    known.protect === protectionOf(desired.object)
  );
}

function intend(
  known: InventoryEntry | undefined,
  desired: Desired,
  { changeId, now, pluralOf }: Intent,
): InventoryEntry {
  const {
    why: _why,
    protect: _protect,
    letGo: _letGo,
    ...kept
  } = known ?? fresh(desired, changeId, now);
  const state = declaredState(known);
  const protect = protectionOf(desired.object);
  return {
    ...kept,
    version: apiVersionVersion(desired.object.apiVersion), // P-15
    plural: pluralOf(desired) || kept.plural,
    state,
    since: known?.state === state ? kept.since : now,
    ...(protect === undefined ? {} : { protect }),
    ...(known?.digest === desired.digest ? {} : { changedIn: changeId }),
  };
}

function declaredState(known: InventoryEntry | undefined): EntryState {
  if (known === undefined || known.state === "intent") return "intent";
  return known.uid === undefined ? "intent" : "applied";
}

function fresh(desired: Desired, changeId: string, now: string): InventoryEntry {
  return {
    ref: desired.ref,
    version: "",
    plural: "",
    state: "intent",
    since: now,
    addedIn: changeId,
  };
}

interface Recorded {
  readonly desired: ReadonlyMap<string, Desired>;
  readonly results: readonly ChangeResult[];
  readonly now: string;
  /** Undeclared ones whose deletion was let through, and for which change. */
  readonly letGo?: { readonly reason: string; readonly ids: ReadonlySet<string> } | undefined;
}

/**
 * After the pass (P-10): applied objects get uid and digest; what failed, was skipped, held or is unknown stays as it
 * was; undeclared ones are stale, and leave only when confirmed gone, released, or no longer ours.
 */
export function afterPass(
  before: Inventory,
  { desired, results, now, letGo }: Recorded,
): Inventory {
  const byId = new Map(results.map((result) => [resultId(result), result]));
  let hasMoved = false;
  const entries = new Map<string, InventoryEntry>();
  for (const [id, entry] of before.entries) {
    const found = record(entry, byId.get(id), { declared: desired.get(id), now });
    const next = found && letGo?.ids.has(id) ? { ...found, letGo: letGo.reason } : found;
    if (next !== undefined) entries.set(id, next);
    hasMoved ||= next !== entry;
  }
  return hasMoved ? { ...before, entries } : before;
}

/**
 * A change that is done adds nothing any more: what it brought counts from now on (P-50). Its id may come back, with a
 * rollback.
 */
export function withoutAdditions(inventory: Inventory): Inventory {
  const added = [...inventory.entries].filter(([, { addedIn }]) => addedIn !== undefined);
  if (added.length === 0) return inventory;
  const settled = added.map(([id, { addedIn: _addedIn, ...entry }]) => [id, entry] as const);
  return { ...inventory, entries: new Map([...inventory.entries, ...settled]) };
}

/** What a change takes over was there before it: remembered until the change is live, so that undoing it deletes nothing. */
export function withAdoptions(
  inventory: Inventory,
  { results, changeId }: { readonly results: readonly ChangeResult[]; readonly changeId: string },
): Inventory {
  const adopted = results.filter(({ outcome }) => outcome === "adopted");
  if (adopted.length === 0) return inventory;
  const ids = new Set(adopted.map(resultId));
  const entries = [...inventory.entries].map(([id, entry]) => {
    return [id, ids.has(id) ? { ...entry, adoptedIn: changeId } : entry] as const;
  });
  return { ...inventory, entries: new Map(entries) };
}

/** The change is live: what it took over is the app's like all else. */
export function withoutAdoptions(inventory: Inventory): Inventory {
  const adopted: (readonly [string, InventoryEntry])[] = [];
  for (const [id, { adoptedIn, ...entry }] of inventory.entries) {
    if (adoptedIn !== undefined) adopted.push([id, entry]);
  }
  if (adopted.length === 0) return inventory;
  return { ...inventory, entries: new Map([...inventory.entries, ...adopted]) };
}

interface At {
  readonly declared: Desired | undefined;
  readonly now: string;
}

function record(
  entry: InventoryEntry,
  result: ChangeResult | undefined,
  { declared, now }: At,
): InventoryEntry | undefined {
  if (declared !== undefined) return recordDeclared(entry, result, { declared, now });
  if (result === undefined)
    return inState(entry, entry.state === "applied" ? "stale" : entry.state, now);
  if (isGone(result)) return undefined;
  const { why: _why, ...found } = withUid(entry, result);
  return { ...inState(found, undeclaredState(found, result), now), ...whyOf(result) };
}

/** P-18: an intent that turns out to exist under our mark gets its UID; a later pass prunes it by the rules. */
function withUid(entry: InventoryEntry, { live }: ChangeResult): InventoryEntry {
  const uid = live?.metadata.uid;
  return entry.uid !== undefined || uid === undefined ? entry : { ...entry, uid, state: "applied" };
}

function undeclaredState(entry: InventoryEntry, { outcome, live }: ChangeResult): EntryState {
  const isDeleting = outcome === "deleted" || live?.metadata.deletionTimestamp !== undefined;
  return isDeleting ? "deleting" : staleIfApplied(entry);
}

function staleIfApplied({ state }: InventoryEntry): EntryState {
  return state === "applied" ? "stale" : state;
}

function recordDeclared(
  entry: InventoryEntry,
  result: ChangeResult | undefined,
  { declared, now }: At,
): InventoryEntry {
  const uid = result?.live?.metadata.uid;
  if (declared === undefined || result === undefined || uid === undefined || !isProven(result))
    return entry;
  const { digest } = declared;
  const finished = isFinished(result.live) ? digest : entry.finished;
  const next = inState(entry, "applied", now);
  const isSame = next.uid === uid && next.digest === digest && next.finished === finished;
  if (isSame) return next;
  return { ...next, uid, digest, ...(finished === undefined ? {} : { finished }) };
}

/** H-8: a Job that its TTL will take away, seen Complete. */
function isFinished(live: KubeObject | undefined): boolean {
  if (live?.kind !== "Job") return false;
  const { spec, status } = live;
  const hasTtl = isJsonObject(spec) && typeof spec["ttlSecondsAfterFinished"] === "number";
  const conditions = isJsonObject(status) ? status["conditions"] : undefined;
  return (
    hasTtl &&
    Array.isArray(conditions) &&
    conditions.some(
      (condition: unknown) =>
        isJsonObject(condition) &&
        condition["type"] === "Complete" &&
        condition["status"] === "True",
    )
  );
}

/** The live object is known to be what we declared. */
function isProven({ outcome }: ChangeResult): boolean {
  return ["created", "configured", "unchanged", "adopted", "recreated"].includes(outcome);
}

/** Confirmed gone by a read, let go on record, or found not to be ours (4.5-2, P-63). */
function isGone({ change, outcome, live }: ChangeResult): boolean {
  if (outcome === "released") return true;
  if (outcome === "deleted") return live === undefined;
  return change.action === "skip" && change.forget;
}

function whyOf({ change, problem }: ChangeResult): { why?: string } {
  if (problem !== undefined) return { why: problem.message };
  return change.action === "skip" || change.action === "hold" ? { why: change.why } : {};
}

function inState(entry: InventoryEntry, state: EntryState, now: string): InventoryEntry {
  return entry.state === state ? entry : { ...entry, state, since: now };
}
