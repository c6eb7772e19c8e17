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
  const { type, resource, object } = event;
  const name = textAt(object, "metadata", "name");
  const isDeleting = mapAt(object, "metadata").deletionTimestamp !== undefined;
  const work: Work[] = [];
  if (resource === crds)
    work.push(
      type === "DELETED" ? () => withdraw(cluster, object) : () => establish(cluster, object),
    );
  if (resource === "/namespaces" && type === "ADDED")
    work.push(() => furnishNamespace(cluster, name));
  if (resource === "/namespaces" && isDeleting) work.push(() => emptyNamespace(cluster, name));
  const namespace = textAt(object, "metadata", "namespace");
  if (type === "DELETED" && namespace !== "") work.push(() => emptyNamespace(cluster, namespace));
  if (type === "DELETED")
    work.push(() => collect(cluster, object, true), ...waitingOwners(cluster, event));
  else if (isDeleting) work.push(() => collect(cluster, object, false));
  return work;
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
