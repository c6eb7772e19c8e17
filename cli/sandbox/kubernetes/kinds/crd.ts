import { isMap, type Json, listAt, mapAt, textAt, valueAt } from "../json.ts";
import { crdSchema } from "./crd-schema.ts";
import type { Resource, ResourceVersion, Subresource } from "./resource.ts";

const verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/** The resource that a CustomResourceDefinition describes; undefined while its names are not accepted. */
export function resourceOfCrd(crd: Json): Resource | undefined {
  const accepted = mapAt(crd, "status", "acceptedNames");
  const names = textAt(accepted, "plural") === "" ? mapAt(crd, "spec", "names") : accepted;
  const versions = listAt(crd, "spec", "versions")
    .filter((version) => valueAt(version, "served") === true)
    .filter(isMap)
    .sort((a, b) => compareVersions(textAt(a, "name"), textAt(b, "name")));
  if (versions.length === 0) return undefined;
  const kind = textAt(names, "kind");
  return {
    group: textAt(crd, "spec", "group"),
    plural: textAt(names, "plural"),
    singular: textAt(names, "singular") || kind.toLowerCase(),
    kind,
    namespaced: textAt(crd, "spec", "scope") === "Namespaced",
    shortNames: listAt(names, "shortNames").map(String),
    categories: listAt(names, "categories").map(String),
    verbs,
    versions: versions.map(versionOf),
    builtin: false,
    hasGeneration: true,
    hasStatus: versions.some((version) => isMap(valueAt(version, "subresources", "status"))),
  };
}

function versionOf(version: Json): ResourceVersion {
  const openApi = valueAt(version, "schema", "openAPIV3Schema");
  return {
    version: textAt(version, "name"),
    schema: crdSchema(openApi),
    subresources: subresourcesOf(mapAt(version, "subresources")),
    openApi,
    printerColumns: listAt(version, "additionalPrinterColumns"),
  };
}

function subresourcesOf(declared: Json): Subresource[] {
  const served = ["get", "patch", "update"];
  const subresources: Subresource[] = [];
  if (isMap(declared.status)) subresources.push({ name: "status", verbs: served });
  if (isMap(declared.scale)) {
    const scale = {
      spec: textAt(declared, "scale", "specReplicasPath"),
      status: textAt(declared, "scale", "statusReplicasPath"),
    };
    subresources.push({ name: "scale", verbs: served, kind: "autoscaling/v1/Scale", scale });
  }
  return subresources;
}

/** Stable before beta before alpha, higher numbers first; other names last. */
export function compareVersions(a: string, b: string): number {
  const left = rankOf(a);
  const right = rankOf(b);
  if (left === undefined || right === undefined) {
    if (left !== undefined) return -1;
    return right === undefined ? a.localeCompare(b) : 1;
  }
  const differing = left.findIndex((part, index) => part !== right[index]);
  return differing === -1 ? 0 : (right[differing] ?? 0) - (left[differing] ?? 0);
}

function rankOf(version: string): readonly number[] | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return undefined;
  const [, major, stage, minor] = match;
  const maturity = { alpha: 0, beta: 1 }[stage ?? ""] ?? 2;
  return [maturity, Number(major), Number(minor ?? 0)];
}
