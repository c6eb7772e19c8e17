import type { Body, Reply } from "./connection.ts";
import type { Server } from "./servers.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

export const specOf = ({ body }: Reply) => body.spec ?? {};

/** A kind whose versions are the case's. */
export function definition(group: string, versions: readonly Body[]): Body {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `olds.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "olds", singular: "old", kind: "Old", listKind: "OldList" },
      versions,
    },
  };
}

/** One of its versions; properties of `spec`. */
export function version(name: string, properties: Body, isStored = true): Body {
  const spec = { type: "object", properties };
  const openAPIV3Schema = { type: "object", properties: { spec } };
  return { name, served: true, storage: isStored, schema: { openAPIV3Schema } };
}

/** An object of the kind: `version` and `name` aside, its spec. */
export function old(group: string, { version: at = "v1", name = "o", ...spec }: Body): Body {
  return { apiVersion: `${group}/${at}`, kind: "Old", metadata: { name }, spec };
}

/** Defines the kind, and waits until every version is served. */
export async function define(server: Server, crd: Body): Promise<void> {
  await server.apply(`${crds}/${crd.metadata.name}`, crd, "fieldManager=definer&force=true");
  for (const { name } of crd.spec.versions) {
    await server.until(`/apis/${crd.spec.group}/${name}/olds`, ({ code }) => code === 200);
  }
}
