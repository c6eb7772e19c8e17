import type { TableGroup, TableResource } from "../../schema/table.ts";
import { anyMap, type MapSchema } from "../typed/schema.ts";
import { builtinSchema, builtinTable } from "./builtin-schemas.ts";
import type { Resource, ResourceVersion, Subresource } from "./resource.ts";

/** Kinds whose strategy counts generations; `test/contract` compares this with a real server. */
const counted = new Set(
  [
    "admissionregistration.k8s.io: mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings validatingwebhookconfigurations",
    "apps: daemonsets deployments replicasets statefulsets",
    "batch: cronjobs jobs",
    ": pods podtemplates replicationcontrollers",
    "discovery.k8s.io: endpointslices",
    "flowcontrol.apiserver.k8s.io: flowschemas prioritylevelconfigurations",
    "networking.k8s.io: ingresses ingressclasses networkpolicies",
    "policy: poddisruptionbudgets",
    "resource.k8s.io: deviceclasses resourceslices",
    "scheduling.k8s.io: priorityclasses",
    "apiextensions.k8s.io: customresourcedefinitions",
  ].flatMap((line) => {
    const [group = "", plurals = ""] = line.split(":");
    return plurals
      .trim()
      .split(" ")
      .map((plural) => `${group}/${plural}`);
  }),
);

/** Every built-in kind, in discovery's order. */
export function builtinResources(): Resource[] {
  return builtinTable().groups.flatMap(groupResources);
}

function groupResources({ group, versions }: TableGroup): Resource[] {
  const byPlural = new Map<string, { first: TableResource; versions: ResourceVersion[] }>();
  for (const { version, resources } of versions) {
    for (const resource of resources) {
      const known = byPlural.get(resource.plural) ?? { first: resource, versions: [] };
      known.versions.push(versionOf(version, resource));
      byPlural.set(resource.plural, known);
    }
  }
  return [...byPlural.values()].map(({ first, versions: served }) => ({
    group,
    plural: first.plural,
    singular: first.singular,
    kind: first.kind,
    namespaced: first.namespaced,
    shortNames: first.shortNames,
    categories: first.categories,
    verbs: first.verbs,
    versions: served,
    builtin: true,
    hasGeneration: counted.has(`${group}/${first.plural}`),
    hasStatus: first.subresources.some(({ name }) => name === "status"),
  }));
}

function versionOf(version: string, resource: TableResource): ResourceVersion {
  return {
    version,
    schema: kindSchema(resource.schema),
    subresources: resource.subresources.map(({ name, verbs, kind }): Subresource => {
      const scale = name === "scale" ? { spec: ".spec.replicas", status: ".status.replicas" } : {};
      return {
        name,
        verbs,
        ...(kind === undefined ? {} : { kind }),
        ...(name === "scale" ? { scale: { spec: "", status: "", ...scale } } : {}),
      };
    }),
  };
}

function kindSchema(name: string | undefined): MapSchema {
  const schema = name === undefined ? anyMap : builtinSchema(name);
  return schema.kind === "map" ? schema : anyMap;
}
