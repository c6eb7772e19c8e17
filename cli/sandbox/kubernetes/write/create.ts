import { managedAfterUpdate } from "../apply/field-manager.ts";
import { aboutOf, liveOf, seenAt, type Target, type WriteOptions } from "../cluster.ts";
import { alreadyExists, badRequest, invalid } from "../http/fault.ts";
import { type Json, mapAt, textAt } from "../json.ts";
import { versionsOf } from "../kinds/registry.ts";
import { apiVersionAt } from "../kinds/resource.ts";
import { validateObject } from "../kinds/validation.ts";
import { admitted, requireNamespace } from "./admission.ts";
import { commit } from "./commit.ts";
import { decodeObject, emptyObject, normalise } from "./decode.ts";
import { allocate, initialStatus } from "./prepare.ts";

/** POST. */
export function createFromBody(target: Target, body: unknown, options: WriteOptions): Json {
  const object = decodeObject(target.served, body, options);
  const named = nameObject(target, object);
  managedAfterUpdate(undefined, object, trackingOf(target, options));
  return createObject(named, object, options);
}

function nameObject(target: Target, object: Json): Target {
  const metadata = mapAt(object, "metadata");
  const generate = textAt(metadata, "generateName");
  if (textAt(metadata, "name") === "" && generate !== "") {
    metadata.name = generate + target.cluster.uid().replaceAll("-", "").slice(0, 5);
    object.metadata = metadata;
  }
  checkNamespace(target, object);
  const name = textAt(object, "metadata", "name");
  if (name === "") {
    throw invalid({ ...aboutOf(target), name: "" }, [
      {
        reason: "FieldValueRequired",
        message: "Required value: name or generateName is required",
        field: "metadata.name",
      },
    ]);
  }
  return { ...target, name };
}

/** An object may name its namespace, or leave that to the URL. */
export function checkNamespace({ served, namespace }: Target, object: Json): void {
  const metadata = mapAt(object, "metadata");
  const sent = textAt(metadata, "namespace");
  if (served.resource.namespaced && sent !== "" && sent !== namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
  if (served.resource.namespaced) metadata.namespace = namespace;
  else delete metadata.namespace;
  object.metadata = metadata;
}

export function trackingOf({ served, subresource, cluster }: Target, options: WriteOptions) {
  return {
    manager: options.manager,
    subresource,
    apiVersion: apiVersionAt(served),
    now: cluster.now(),
    versions: versionsOf(served.resource, subresource),
    builtin: served.resource.builtin,
    empty: emptyObject(served),
  };
}

/** Stores a new object whose managedFields are set. */
export function createObject(target: Target, object: Json, options: WriteOptions): Json {
  requireNamespace(target);
  const prepared = prepare(target, object);
  allocate(target, prepared);
  const sent = admitted(target, options, { operation: "CREATE", object: prepared, old: undefined });
  const next = normalise(target.served, sent ?? prepared);
  validateObject(aboutOf(target), target.served, next);
  if (liveOf(target) !== undefined) throw alreadyExists(aboutOf(target));
  return seenAt(target.served, commit(target, next, options));
}

function prepare({ served, cluster, name }: Target, object: Json): Json {
  const { resource } = served;
  const {
    resourceVersion,
    deletionTimestamp: _,
    deletionGracePeriodSeconds: __,
    selfLink: ___,
    ...metadata
  } = mapAt(object, "metadata");
  if (resourceVersion !== undefined && resourceVersion !== "" && resourceVersion !== "0") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  const prepared: Json = {
    ...object,
    metadata: {
      ...metadata,
      name,
      uid: cluster.uid(),
      creationTimestamp: cluster.now(),
      ...(resource.hasGeneration ? { generation: 1 } : { generation: undefined }),
    },
  };
  if (!resource.hasGeneration) delete mapAt(prepared, "metadata").generation;
  if (resource.hasStatus) {
    const status = initialStatus(resource, served.version);
    if (status === undefined) delete prepared.status;
    else prepared.status = status;
  }
  return prepared;
}
