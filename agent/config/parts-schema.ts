import type { JSONSchema } from "json-schema-to-ts";

/** Pieces that several documents share. Formats are those of validator.ts. */

export const durationSchema = {
  type: "string",
  format: "duration",
  description: "A length of time: 30s, 5m, 1h30m.",
} as const satisfies JSONSchema;

export const timeSchema = {
  type: "string",
  format: "time",
  description: "A moment, RFC 3339: 2027-01-02T06:00:00Z.",
} as const satisfies JSONSchema;

export const percentSchema = {
  type: "string",
  format: "percent",
  description: "A share: 20%.",
} as const satisfies JSONSchema;

export const valuesSchema = {
  type: "object",
  description: "Free values, for rendering.",
  additionalProperties: true,
} as const satisfies JSONSchema;

export const labelsSchema = {
  type: "object",
  description: "Labels, with the syntax of Kubernetes.",
  propertyNames: { format: "label-key" },
  additionalProperties: { type: "string", format: "label-value" },
} as const satisfies JSONSchema;

export const selectorSchema = {
  type: "object",
  description:
    "A Kubernetes label selector; all terms must hold; without terms it selects everything.",
  additionalProperties: false,
  properties: {
    matchLabels: { ...labelsSchema, description: "Labels that must have exactly these values." },
    matchExpressions: {
      type: "array",
      description: "Further terms.",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["key", "operator"],
        properties: {
          key: { type: "string", format: "label-key", description: "The label asked for." },
          operator: {
            enum: ["In", "NotIn", "Exists", "DoesNotExist"],
            description: "How it is compared.",
          },
          values: {
            type: "array",
            description: "For In and NotIn: the values.",
            items: { type: "string", format: "label-value" },
          },
        },
      },
    },
  },
} as const satisfies JSONSchema;

/** Paused by a person, until a time. */
export const suspendSchema = {
  type: "object",
  additionalProperties: false,
  required: ["reason", "until"],
  properties: {
    reason: { type: "string", minLength: 1, description: "Why; shown wherever it has an effect." },
    until: { ...timeSchema, description: "When it ends by itself." },
  },
} as const satisfies JSONSchema;

export const nameSchema = {
  type: "string",
  format: "dns-label",
  description: "Lower-case letters, digits and dashes; at most 63.",
} as const satisfies JSONSchema;
