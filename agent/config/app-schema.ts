import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { behaviourProperties, renderProperties } from "./app-properties.ts";
import { nameSchema, selectorSchema } from "./parts-schema.ts";

/** What to deploy, where and how; sits beside the manifests. */
export const appSpecSchema = {
  type: "object",
  description: "What to deploy, where and how.",
  additionalProperties: false,
  required: ["namespace", "clusters"],
  properties: {
    clusters: { ...selectorSchema, description: "Where: clusters by their labels." },
    rollout: { ...nameSchema, description: "When: the Rollout that this app follows." },
    ...renderProperties,
    ...behaviourProperties,
    overrides: {
      type: "array",
      description: "Differences per cluster: every match applies, in order, merged deeply.",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["clusters"],
        properties: {
          clusters: { ...selectorSchema, description: "Where this override applies." },
          ...renderProperties,
          ...behaviourProperties,
        },
      },
    },
    owner: {
      type: "object",
      description: "Who is responsible.",
      additionalProperties: false,
      properties: {
        team: { type: "string", description: "Name of the team." },
        contact: { type: "string", description: "How to reach them." },
      },
    },
  },
} as const satisfies JSONSchema;

export type AppSpec = FromSchema<typeof appSpecSchema>;
