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
  const conflict = conflictOf(cluster, crd);
  if (conflict === undefined) cluster.registry.setCustom(name, resourceOfCrd(crd));
  const status =
    conflict === undefined
      ? establishedStatus(cluster, crd)
      : refusedStatus(cluster, crd, conflict);
  if (status === undefined) return;
  cluster.store.put(id, keyOf("", name), (revision) =>
    withRevision({ ...cloneJson(crd), status }, revision),
  );
}

/** Two CRDs of a group cannot share a kind, nor that of a list: the first one keeps it. */
function conflictOf({ store }: Cluster, crd: Json): Conflict | undefined {
  const others = store
    .list(id)
    .map(([, other]) => other)
    .filter((other) => textAt(other, "spec", "group") === textAt(crd, "spec", "group"))
    .filter((other) => textAt(other, "metadata", "name") !== textAt(crd, "metadata", "name"));
  const accepted = others.flatMap((other) =>
    Object.values(kindsOf(other, "status", "acceptedNames")),
  );
  const { kind, listKind } = kindsOf(crd, "spec", "names");
  if (accepted.includes(kind)) return { reason: "KindConflict", name: kind };
  return accepted.includes(listKind) ? { reason: "ListKindConflict", name: listKind } : undefined;
}

interface Conflict {
  readonly reason: string;
  readonly name: string;
}

function kindsOf(crd: Json, ...path: readonly string[]) {
  const kind = textAt(crd, ...path, "kind");
  const listKind = textAt(crd, ...path, "listKind");
  return { kind, listKind: listKind === "" ? `${kind}List` : listKind };
}

/** Undefined: it says so already. */
function refusedStatus(cluster: Cluster, crd: Json, { reason, name }: Conflict): Json | undefined {
  if (listAt(crd, "status", "conditions").length > 0) return undefined;
  const [lastTransitionTime, status] = [cluster.now(), "False"];
  const storage = listAt(crd, "spec", "versions").find(
    (version) => valueAt(version, "storage") === true,
  );
  return {
    conditions: [
      {
        type: "NamesAccepted",
        status,
        lastTransitionTime,
        reason,
        message: `"${name}" is already in use`,
      },
      {
        type: "Established",
        status,
        lastTransitionTime,
        reason: "NotAccepted",
        message: "not all names are accepted",
      },
    ],
    acceptedNames: { plural: textAt(crd, "spec", "names", "plural"), kind: "" },
    storedVersions: storage === undefined ? [] : [textAt(storage, "name")],
  };
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
