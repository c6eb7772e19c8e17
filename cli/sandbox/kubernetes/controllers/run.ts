import type { Cluster } from "../cluster.ts";
import { isMap, mapAt, textAt } from "../json.ts";
import type { StoredEvent } from "../store/store.ts";
import { establish, withdraw } from "./definitions.ts";
import { collect } from "./garbage.ts";
import { emptyNamespace, furnishNamespace } from "./namespaces.ts";

/** The work that follows a stored change, done at once unless it says otherwise. */
export type Work = () => void;

const crds = "apiextensions.k8s.io/customresourcedefinitions";

/** What has to be done after one event: CRDs are served, namespaces furnished and emptied, dependents follow their owners. */
export function workFor(cluster: Cluster, event: StoredEvent): Work[] {
  const { type, object } = event;
  const isDeleting = mapAt(object, "metadata").deletionTimestamp !== undefined;
  const work = [...definitionWork(cluster, event), ...namespaceWork(cluster, event, isDeleting)];
  if (type === "DELETED") {
    return [...work, () => collect(cluster, object, true), ...waitingOwners(cluster, event)];
  }
  return isDeleting ? [...work, () => collect(cluster, object, false)] : work;
}

function definitionWork(cluster: Cluster, { type, resource, object }: StoredEvent): Work[] {
  if (resource !== crds) return [];
  return [() => (type === "DELETED" ? withdraw(cluster, object) : establish(cluster, object))];
}

function namespaceWork(
  cluster: Cluster,
  { type, resource, object }: StoredEvent,
  isDeleting: boolean,
): Work[] {
  const name = textAt(object, "metadata", "name");
  const namespace = textAt(object, "metadata", "namespace");
  if (resource === "/namespaces") {
    if (type === "ADDED") return [() => furnishNamespace(cluster, name)];
    return isDeleting ? [() => emptyNamespace(cluster, name)] : [];
  }
  return type === "DELETED" && namespace !== "" ? [() => emptyNamespace(cluster, namespace)] : [];
}

/** A dependent that went may have been the last for which its owner waited in the foreground. */
function waitingOwners(cluster: Cluster, { object }: StoredEvent): Work[] {
  const owners = mapAt(object, "metadata").ownerReferences;
  if (!Array.isArray(owners)) return [];
  const uids = new Set(owners.filter(isMap).map((owner) => owner.uid));
  return cluster.store.resources().flatMap((id) =>
    cluster.store
      .list(id)
      .filter(
        ([, owner]) =>
          uids.has(mapAt(owner, "metadata").uid) &&
          mapAt(owner, "metadata").deletionTimestamp !== undefined,
      )
      .map(
        ([, owner]) =>
          () =>
            collect(cluster, owner, false),
      ),
  );
}
