import { internal } from "../http/fault.ts";
import { isMap, type Json } from "../json.ts";
import { difference, emptySet, isEmptySet, setOf, setsEqual, union } from "../typed/field-set.ts";
import { describeErrors, typeErrors } from "../typed/validate.ts";
import {
  compareText,
  isReset,
  type Managed,
  type ManagedSet,
  type ManagerName,
  managedId,
  readManaged,
  writeManaged,
} from "./managed.ts";
import { type ApplyOutcome, applyConfig, trackUpdate, type Versions } from "./updater.ts";

/** Kept by the server, owned by nobody. */
const stripped = setOf(
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((name) => ["f:metadata", `f:${name}`]),
);

const updateManagersKept = 10;

export interface Tracking {
  readonly manager: string;
  readonly subresource: string;
  readonly apiVersion: string;
  /** ISO 8601 of this request. */
  readonly now: string;
  readonly versions: Versions;
  readonly builtin: boolean;
  /** What the kind looks like with nothing in it. */
  readonly empty: Json;
}

/** Sets `metadata.managedFields` of `next` as a create, update or patch by `manager` leaves it. */
export function managedAfterUpdate(live: Json | undefined, next: Json, tracking: Tracking): void {
  const sent = metadataOf(next).managedFields;
  const before =
    readManaged(live === undefined ? undefined : metadataOf(live).managedFields) ?? new Map();
  const managed = tracking.subresource === "" ? sentOrLive(sent, before, tracking.builtin) : before;
  // Ownership that was cleared stays so until somebody applies.
  if (managed.size === 0 && live !== undefined) {
    setManaged(next, managed);
    return;
  }
  const tracked = track(live ?? tracking.empty, next, { managed, tracking });
  setManaged(next, capUpdates(tracked));
}

function sentOrLive(sent: unknown, live: Managed, builtin: boolean): Managed {
  if (isReset(sent, builtin)) return new Map();
  const managed = readManaged(sent);
  return managed === undefined || managed.size === 0 ? live : managed;
}

function track(
  live: Json,
  next: Json,
  { managed, tracking }: { managed: Managed; tracking: Tracking },
): Managed {
  const by = nameOf(tracking, "Update");
  const id = managedId(by);
  // Compared as a manager of its own, then united with what the same manager owned before.
  const self: ManagerName = { ...by, manager: "current-operation" };
  const after = new Map(
    trackUpdate({
      live: withoutManaged(live),
      next: withoutManaged(next),
      managed,
      by: self,
      versions: tracking.versions,
    }),
  );
  const own = after.get(managedId(self));
  after.delete(managedId(self));
  const set = difference(own?.set ?? emptySet, stripped);
  if (!isEmptySet(set)) {
    const former = after.get(id)?.set ?? emptySet;
    after.set(id, { ...by, set: union(set, former), time: tracking.now });
  }
  return after;
}

/** Applies `config` to `live`; the result carries the new managedFields. Undefined live: it is created. */
export function applyManaged(
  { live, config, force }: { live: Json | undefined; config: Json; force: boolean },
  tracking: Tracking,
): ApplyOutcome {
  const base = live ?? tracking.empty;
  const managed = ownersBefore(live, base, tracking);
  const by = nameOf(tracking, "Apply");
  if (!tracking.builtin && live !== undefined) checkVersions(live, managed, tracking);
  const outcome = applyConfig(
    { live: withoutManaged(base), next: config, managed, by, versions: tracking.versions },
    force,
  );
  if (!outcome.ok || !isMap(outcome.object)) return outcome;
  const after = new Map(outcome.managed);
  const own = after.get(managedId(by));
  const set = difference(own?.set ?? emptySet, stripped);
  // Nothing changed: the entry keeps its time, and a new one has none.
  const time = outcome.isNoop ? managed.get(managedId(by))?.time : tracking.now;
  if (isEmptySet(set)) after.delete(managedId(by));
  else after.set(managedId(by), { ...by, set, time });
  const object = { ...outcome.object };
  setManaged(object, after);
  return { ...outcome, object, managed: after };
}

/** The object is read at every version that an entry names; one that lost a field since, or is gone, cannot be read. */
function checkVersions(live: Json, managed: Managed, { apiVersion, versions }: Tracking): void {
  const others = new Set([...managed.values()].map((entry) => entry.apiVersion));
  others.delete(apiVersion);
  for (const other of others) {
    const view = versions.at(other);
    if (view === undefined)
      throw internal(`request to convert CR to an invalid group/version: ${other}`);
    const object = view.convert(withoutManaged(live));
    const errors = typeErrors(view.schema, object, { allowDuplicates: true });
    if (errors.length > 0) throw internal(describeErrors(errors));
  }
}

/** An object that nobody owns is first given to whoever wrote it before (§1.18 step 2). */
function ownersBefore(live: Json | undefined, base: Json, tracking: Tracking): Managed {
  const managed =
    readManaged(live === undefined ? undefined : metadataOf(live).managedFields) ?? new Map();
  if (managed.size > 0) return managed;
  const before = { ...tracking, manager: "before-first-apply" };
  return track(tracking.empty, base, { managed, tracking: before });
}

/** True when the sets are the same; times do not count (§1.18 step 9). */
export function sameOwners(a: unknown, b: unknown): boolean {
  const left = readManaged(a) ?? new Map();
  const right = readManaged(b) ?? new Map();
  if (left.size !== right.size) return false;
  return [...left].every(([id, { set, apiVersion }]) => {
    const other = right.get(id);
    return other !== undefined && other.apiVersion === apiVersion && setsEqual(set, other.set);
  });
}

/** Above ten Update entries the oldest of each version become one. */
function capUpdates(managed: Managed): Managed {
  const updates = [...managed].filter(([, entry]) => entry.operation === "Update");
  let left = updates.length;
  if (left <= updateManagersKept) return managed;
  updates.sort(
    ([idA, a], [idB, b]) =>
      Date.parse(a.time ?? "") - Date.parse(b.time ?? "") || compareText(idA, idB),
  );
  const capped = new Map(managed);
  const firstOf = new Map<string, string>();
  for (const [id, entry] of updates) {
    if (left <= updateManagersKept) break;
    const first = firstOf.get(entry.apiVersion);
    if (first === undefined) {
      firstOf.set(entry.apiVersion, id);
      continue;
    }
    mergeAncient(capped, first, id);
    left -= 1;
  }
  return capped;
}

function mergeAncient(capped: Map<string, ManagedSet>, first: string, id: string): void {
  const entry = capped.get(id);
  if (entry === undefined) return;
  const bucket: ManagerName = { ...entry, manager: "ancient-changes", subresource: "" };
  const bucketId = managedId(bucket);
  const held = capped.get(bucketId) ?? capped.get(first);
  if (!capped.has(bucketId)) capped.delete(first);
  capped.delete(id);
  const set = union(entry.set, held?.set ?? emptySet);
  capped.set(bucketId, { ...bucket, set, time: entry.time });
}

function nameOf(tracking: Tracking, operation: ManagedSet["operation"]): ManagerName {
  const { manager, subresource, apiVersion } = tracking;
  return { manager: manager === "" ? "unknown" : manager, operation, subresource, apiVersion };
}

function metadataOf(object: Json): Json {
  return isMap(object.metadata) ? object.metadata : {};
}

function withoutManaged(object: Json): Json {
  const { managedFields: _, ...metadata } = metadataOf(object);
  return { ...object, metadata };
}

function setManaged(object: Json, managed: Managed): void {
  const { managedFields: _, ...metadata } = metadataOf(object);
  const written = writeManaged(managed);
  object.metadata = written === undefined ? metadata : { ...metadata, managedFields: written };
}
