import { managedAfterUpdate } from "../apply/field-manager.ts";
import { aboutOf, liveOf, seenAt, type Target, type WriteOptions } from "../cluster.ts";
import { badRequest, conflict, invalid, modified, notFound } from "../http/fault.ts";
import { type Json, mapAt, textAt } from "../json.ts";
import { nextGeneration } from "../kinds/generation.ts";
import { validateObject, validateUpdate } from "../kinds/validation.ts";
import { admitted } from "./admission.ts";
import { commit } from "./commit.ts";
import { checkNamespace, createObject, trackingOf } from "./create.ts";
import { decodeObject, normalise } from "./decode.ts";

/** PUT. `created` where the object was absent and its kind allows that. */
export function replaceFromBody(target: Target, body: unknown, options: WriteOptions) {
  const next = decodeObject(target.served, body, options);
  // An explicit empty list asks for a reset; the Go form would drop it.
  const sent = mapAt(body, "metadata").managedFields;
  if (Array.isArray(sent)) mapAt(next, "metadata").managedFields = sent;
  checkName(target, next);
  checkNamespace(target, next);
  const live = liveOf(target);
  if (live === undefined) throw notFound(aboutOf(target));
  const uid = textAt(next, "metadata", "uid");
  const liveUid = textAt(live, "metadata", "uid");
  if (uid !== "" && uid !== liveUid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${liveUid}`;
    throw conflict(aboutOf(target), why);
  }
  requireVersion(target, next);
  return { object: updateObject(target, { live, next }, options), created: false };
}

function requireVersion(target: Target, next: Json): void {
  if (target.served.resource.builtin || textAt(next, "metadata", "resourceVersion") !== "") return;
  throw invalid(aboutOf(target), [
    {
      reason: "FieldValueInvalid",
      message: "Invalid value: 0: must be specified for an update",
      field: "metadata.resourceVersion",
    },
  ]);
}

/** The name in a body must be that of the URL. */
export function checkName(target: Target, object: Json): void {
  const name = textAt(object, "metadata", "name");
  if (name === target.name) return;
  if (name === "") {
    mapAt(object, "metadata").name = target.name;
    return;
  }
  throw badRequest(
    `the name of the object (${name}) does not match the name on the URL (${target.name})`,
  );
}

export interface Sides {
  readonly live: Json;
  readonly next: Json;
}

/** An update by whoever is not applying: ownership follows the values. */
export function updateObject(target: Target, { live, next }: Sides, options: WriteOptions): Json {
  managedAfterUpdate(seenAt(target.served, live), next, trackingOf(target, options));
  return storeUpdate(target, { live, next }, options);
}

/** Stores a changed object whose managedFields are set. */
export function storeUpdate(target: Target, { live, next }: Sides, options: WriteOptions): Json {
  const { served } = target;
  const about = aboutOf(target);
  const version = textAt(next, "metadata", "resourceVersion");
  if (
    version !== "" &&
    version !== "0" &&
    version !== textAt(live, "metadata", "resourceVersion")
  ) {
    throw conflict(about, modified);
  }
  const prepared = prepareUpdate(target, { live, next });
  const sent = admitted(target, options, { operation: "UPDATE", object: prepared, old: live });
  const final = normalise(served, sent ?? prepared);
  validateUpdate(about, served, { live: seenAt(served, live), next: final });
  validateObject(about, served, final);
  mapAt(final, "metadata").generation = nextGeneration(served.resource, live, final);
  if (mapAt(final, "metadata").generation === undefined) delete mapAt(final, "metadata").generation;
  return seenAt(served, commit(target, final, options));
}

function prepareUpdate({ served, subresource }: Target, { live, next }: Sides): Json {
  const kept = mapAt(live, "metadata");
  const sent = mapAt(next, "metadata");
  const metadata: Json = {
    ...(subresource === "status" && !served.resource.builtin ? kept : sent),
    managedFields: sent.managedFields,
    uid: sent.uid ?? kept.uid,
    creationTimestamp: kept.creationTimestamp,
    deletionTimestamp: kept.deletionTimestamp,
    deletionGracePeriodSeconds: kept.deletionGracePeriodSeconds,
    generation: kept.generation,
  };
  for (const key of Object.keys(metadata)) if (metadata[key] === undefined) delete metadata[key];
  if (subresource === "status")
    return { ...live, apiVersion: next.apiVersion, metadata, ...statusOf(next) };
  const { status: _, ...rest } = next;
  return served.resource.hasStatus
    ? { ...rest, metadata, ...statusOf(live) }
    : { ...next, metadata };
}

function statusOf(object: Json): Json {
  return object.status === undefined ? {} : { status: object.status };
}

/** For apply: creates what is absent. */
export function createApplied(target: Target, object: Json, options: WriteOptions): Json {
  const uid = textAt(object, "metadata", "uid");
  if (uid !== "") {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(aboutOf(target), why);
  }
  delete mapAt(object, "metadata").resourceVersion;
  return createObject(target, object, options);
}
