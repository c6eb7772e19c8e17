import { managedAfterUpdate } from "../apply/field-manager.ts";
import { aboutOf, liveOf, seenAt, type Target, type WriteOptions } from "../cluster.ts";
import { badRequest, conflict, invalid, modified, notFound } from "../http/fault.ts";
import { type Json, mapAt, textAt } from "../json.ts";
import { nextGeneration } from "../kinds/generation.ts";
import { qualified } from "../kinds/resource.ts";
import { validateUpdate } from "../kinds/validation.ts";
import { admitted } from "./admission.ts";
import { commit } from "./commit.ts";
import { checkNamespace, createObject, trackingOf } from "./create.ts";
import { decodeObject, normalise } from "./decode.ts";
import { keepAddresses } from "./prepare.ts";

/** PUT. `created` where the object was absent and its kind allows that. */
export function replaceFromBody(target: Target, body: unknown, options: WriteOptions) {
  const next = decodeObject(target.served, body, options);
  // An explicit empty list asks for a reset (A-24); the Go form would drop it.
  const sent = mapAt(body, "metadata").managedFields;
  if (Array.isArray(sent)) mapAt(next, "metadata").managedFields = sent;
  checkName(target, next);
  checkNamespace(target, next);
  const live = liveOf(target);
  if (live === undefined) return createByPut(target, next, options);
  const uid = textAt(next, "metadata", "uid");
  const liveUid = textAt(live, "metadata", "uid");
  if (uid !== "" && uid !== liveUid) {
    const key = `/registry/${target.served.resource.plural}/${target.namespace === "" ? "" : `${target.namespace}/`}${target.name}`;
    const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${liveUid}`;
    throw conflict(aboutOf(target), why);
  }
  requireVersion(target, next);
  return { object: updateObject(target, { live, next }, options), created: false };
}

/** Kinds that a PUT may create (semantics of their strategies; compared in `test/contract`). */
const createdByPut = new Set([
  "leases.coordination.k8s.io",
  "endpoints",
  "events",
  "limitranges",
  "services",
  "runtimeclasses.node.k8s.io",
  "clusterroles.rbac.authorization.k8s.io",
  "clusterrolebindings.rbac.authorization.k8s.io",
  "roles.rbac.authorization.k8s.io",
  "rolebindings.rbac.authorization.k8s.io",
]);

function createByPut(target: Target, next: Json, options: WriteOptions) {
  if (!createdByPut.has(qualified(target.served.resource)) || target.subresource !== "") {
    throw notFound(aboutOf(target));
  }
  managedAfterUpdate(undefined, next, trackingOf(target, options));
  return { object: createObject(target, next, options), created: true };
}

/** Kinds besides custom resources whose updates must name a version. */
const versioned = new Set([
  "mutatingadmissionpolicies.admissionregistration.k8s.io",
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
  "mutatingwebhookconfigurations.admissionregistration.k8s.io",
  "validatingadmissionpolicies.admissionregistration.k8s.io",
  "validatingadmissionpolicybindings.admissionregistration.k8s.io",
  "validatingwebhookconfigurations.admissionregistration.k8s.io",
  "leases.coordination.k8s.io",
  "runtimeclasses.node.k8s.io",
  "poddisruptionbudgets.policy",
  "csidrivers.storage.k8s.io",
  "csinodes.storage.k8s.io",
  "volumeattachments.storage.k8s.io",
  "customresourcedefinitions.apiextensions.k8s.io",
]);

function requireVersion(target: Target, next: Json): void {
  const { resource } = target.served;
  if (resource.builtin && !versioned.has(qualified(resource))) return;
  if (textAt(next, "metadata", "resourceVersion") !== "") return;
  // Here, and only here, the server names the resource in place of the kind.
  throw invalid({ ...aboutOf(target), kind: resource.plural }, [
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
  if (qualified(served.resource) === "services") keepAddresses(live, next);
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
