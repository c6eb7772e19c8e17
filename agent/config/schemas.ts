import { documentApiVersion } from "../model/names.ts";
import { appSpecSchema } from "./app-schema.ts";
import { approvalSpecSchema } from "./approval-schema.ts";
import { clusterSpecSchema } from "./cluster-schema.ts";
import type { DocumentKind } from "./document.ts";
import { fleetSpecSchema } from "./fleet-schema.ts";
import { labelsSchema, nameSchema } from "./parts-schema.ts";
import { rolloutSpecSchema } from "./rollout-schema.ts";

/** The JSON Schema of every document kind: types, validation, docs and editor completion come from these. */
export const documentSchemas: Readonly<Record<DocumentKind, object>> = {
  Fleet: documentSchema("Fleet", fleetSpecSchema),
  Cluster: documentSchema("Cluster", clusterSpecSchema, false),
  Rollout: documentSchema("Rollout", rolloutSpecSchema),
  App: documentSchema("App", appSpecSchema),
  Approval: documentSchema("Approval", approvalSpecSchema),
};

function documentSchema(
  kind: DocumentKind,
  spec: { readonly description: string },
  needsSpec = true,
): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: kind,
    description: spec.description,
    type: "object",
    additionalProperties: false,
    required: ["apiVersion", "kind", "metadata", ...(needsSpec ? ["spec"] : [])],
    properties: {
      apiVersion: { const: documentApiVersion, description: "Version of the document's format." },
      kind: { const: kind, description: "What the document is." },
      metadata: {
        type: "object",
        description: "What it is called.",
        additionalProperties: false,
        required: ["name"],
        properties: { name: nameSchema, labels: labelsSchema },
      },
      spec,
    },
  };
}
