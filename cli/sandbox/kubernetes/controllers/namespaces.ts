import { type Cluster, keyOf, targetOf } from "../cluster.ts";
import { type Json, listAt, mapAt, textAt } from "../json.ts";
import { withRevision } from "../write/commit.ts";
import { createFromBody } from "../write/create.ts";
import { deleteObject } from "../write/delete.ts";
import { ownOptions, system } from "./system.ts";

/** Gives a new namespace what every namespace has. */
export function furnishNamespace(cluster: Cluster, namespace: string): void {
  const make = (plural: string, body: Json): void => {
    const served = cluster.registry.find("", "v1", plural);
    if (
      served === undefined ||
      cluster.store.get(`/${plural}`, keyOf(namespace, textAt(body, "metadata", "name"))) !==
        undefined
    )
      return;
    const target = { cluster, served, namespace, name: "", subresource: "" };
    createFromBody(target, { apiVersion: "v1", ...body }, ownOptions(system.controllers));
  };
  make("configmaps", {
    kind: "ConfigMap",
    metadata: { name: "kube-root-ca.crt" },
    data: { "ca.crt": "" },
  });
  make("serviceaccounts", { kind: "ServiceAccount", metadata: { name: "default" } });
}

/** Deletes what a terminating namespace holds; the namespace itself goes when nothing is left. */
export function emptyNamespace(cluster: Cluster, name: string): void {
  const live = cluster.store.get("/namespaces", keyOf("", name));
  if (live === undefined || mapAt(live, "metadata").deletionTimestamp === undefined) return;
  const left = cluster.store.resources().map((id) => deleteContent(cluster, id, name));
  const isHeld = listAt(live, "metadata", "finalizers").length > 0;
  if (left.some((count) => count > 0) || isHeld) return;
  cluster.store.remove("/namespaces", keyOf("", name), (revision) =>
    withRevision({ ...live, spec: {} }, revision),
  );
}

/** How many objects of one resource finalizers keep in the namespace. */
function deleteContent(cluster: Cluster, id: string, namespace: string): number {
  const resource = cluster.registry.byId(id);
  if (resource === undefined || !resource.namespaced) return 0;
  const inside = cluster.store
    .list(id)
    .filter(([, object]) => textAt(object, "metadata", "namespace") === namespace);
  const held = inside.filter(([key, object]) => {
    if (mapAt(object, "metadata").deletionTimestamp !== undefined) return true;
    const target = targetOf(cluster, resource, key);
    return !deleteObject(target, { propagation: "Background" }, ownOptions(system.controllers))
      .gone;
  });
  return held.length;
}
