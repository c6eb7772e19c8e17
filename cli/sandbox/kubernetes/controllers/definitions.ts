import { type Cluster, keyOf, targetOf } from "../cluster.ts";
import { cloneJson, type Json, listAt, mapAt, textAt, valueAt } from "../json.ts";
import { resourceOfCrd } from "../kinds/crd.ts";
import { withRevision } from "../write/commit.ts";
import { deleteObject } from "../write/delete.ts";
import { ownOptions, system } from "./system.ts";

const id = "apiextensions.k8s.io/customresourcedefinitions";

/** Serves what a CRD declares and says so in its status. */
export function establish(cluster: Cluster, crd: Json): void {
  const name = textAt(crd, "metadata", "name");
  if (mapAt(crd, "metadata").deletionTimestamp !== undefined) return;
  cluster.registry.setCustom(name, resourceOfCrd(crd));
  const status = establishedStatus(cluster, crd);
  if (status === undefined) return;
  cluster.store.put(id, keyOf("", name), (revision) =>
    withRevision({ ...cloneJson(crd), status }, revision),
  );
}

/** Undefined: it says so already. */
function establishedStatus(cluster: Cluster, crd: Json): Json | undefined {
  const isEstablished = listAt(crd, "status", "conditions").some(
    (condition) =>
      valueAt(condition, "type") === "Established" && valueAt(condition, "status") === "True",
  );
  const storage = listAt(crd, "spec", "versions").filter(
    (version) => valueAt(version, "storage") === true,
  );
  const stored = listAt(crd, "status", "storedVersions").map(String);
  const storedVersions = [
    ...new Set([...stored, ...storage.map((version) => textAt(version, "name"))]),
  ];
  if (isEstablished && storedVersions.length === stored.length) return undefined;
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: "True",
    lastTransitionTime: cluster.now(),
    reason,
    message,
  });
  return {
    conditions: [
      condition("NamesAccepted", "NoConflicts", "no conflicts found"),
      condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ],
    acceptedNames: mapAt(crd, "spec", "names"),
    storedVersions,
  };
}

/** A CRD that goes away takes its objects along; then it is no longer served. */
export function withdraw(cluster: Cluster, crd: Json): void {
  const name = textAt(crd, "metadata", "name");
  const plural = textAt(crd, "spec", "names", "plural");
  const custom = `${textAt(crd, "spec", "group")}/${plural}`;
  const resource = cluster.registry.byId(custom);
  if (resource !== undefined) {
    for (const [key] of cluster.store.list(custom)) {
      deleteObject(targetOf(cluster, resource, key), {}, ownOptions(system.controllers));
    }
  }
  cluster.registry.setCustom(name, undefined);
}
