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
  let left = 0;
  for (const id of cluster.store.resources()) {
    const resource = cluster.registry.byId(id);
    if (resource === undefined || !resource.namespaced) continue;
    for (const [key, object] of cluster.store.list(id)) {
      if (textAt(object, "metadata", "namespace") !== name) continue;
      if (mapAt(object, "metadata").deletionTimestamp === undefined) {
        const { gone } = deleteObject(
          targetOf(cluster, resource, key),
          { propagation: "Background" },
          ownOptions(system.controllers),
        );
        if (!gone) left += 1;
      } else left += 1;
    }
  }
  const isHeld = listAt(live, "metadata", "finalizers").length > 0;
  if (left > 0 || isHeld) return;
  cluster.store.remove("/namespaces", keyOf("", name), (revision) =>
    withRevision({ ...live, spec: {} }, revision),
  );
}
