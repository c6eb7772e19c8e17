import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import {
  durationSchema,
  nameSchema,
  percentSchema,
  selectorSchema,
  suspendSchema,
} from "./parts-schema.ts";

const check = {
  type: "object",
  description: "Asked by the agents of this wave during the soak.",
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  properties: {
    prometheus: {
      type: "object",
      description: "A query with one number as answer.",
      additionalProperties: false,
      required: ["query"],
      properties: {
        query: { type: "string", minLength: 1, description: "PromQL." },
        max: { type: "number", description: "Passes up to this." },
        min: { type: "number", description: "Passes from this." },
      },
    },
    http: {
      type: "object",
      description: "An address that answers.",
      additionalProperties: false,
      required: ["url", "healthy"],
      properties: {
        url: { type: "string", format: "http-url", description: "Address." },
        healthy: { type: "string", maxLength: 4096, description: "CEL over status and json." },
      },
    },
  },
} as const satisfies JSONSchema;

const wave = {
  type: "object",
  description: "Clusters that change together.",
  additionalProperties: false,
  required: ["name", "clusters"],
  properties: {
    name: { ...nameSchema, description: "Name of the wave." },
    clusters: {
      ...selectorSchema,
      description: "Clusters of this wave; the first wave that matches counts.",
    },
    soak: {
      ...durationSchema,
      description: "How long it must be live and no worse before the next wave.",
    },
    checks: { type: "array", description: "What must pass during the soak.", items: check },
    approval: { enum: ["required"], description: "Starts only with an Approval document." },
    maxConcurrent: {
      type: ["string", "integer"],
      minimum: 1,
      format: "percent",
      description: "How many clusters at a time: a number or a share. Default all.",
    },
    require: {
      ...percentSchema,
      description: "Share of the wave that must have passed. Default 100%.",
    },
    offline: { enum: ["wait", "skip"], description: "What a silent cluster means. Default wait." },
  },
} as const satisfies JSONSchema;

const window = {
  type: "object",
  description: "When changes may start: allow or deny, a cron line and how long it lasts.",
  additionalProperties: false,
  required: ["duration"],
  properties: {
    allow: {
      type: "string",
      format: "cron",
      description: "Start of a time when changes may start.",
    },
    deny: { type: "string", format: "cron", description: "Start of a time when none may." },
    duration: { ...durationSchema, description: "How long it lasts." },
    timezone: { type: "string", minLength: 1, description: "IANA name. Default UTC." },
  },
} as const satisfies JSONSchema;

/** In which order clusters take a change. */
export const rolloutSpecSchema = {
  type: "object",
  description: "In which order clusters take a change.",
  additionalProperties: false,
  required: ["waves"],
  properties: {
    waves: { type: "array", minItems: 1, description: "One after the other.", items: wave },
    rollback: {
      enum: ["direct", "waves", "reverse"],
      description: "How a change goes out that was live and healthy before. Default direct.",
    },
    supersede: {
      type: "boolean",
      description: "True: the newest change starts at once. Default false.",
    },
    paused: { ...suspendSchema, description: "No gate opens until then." },
    windows: { type: "array", description: "When changes may start.", items: window },
  },
} as const satisfies JSONSchema;

export type RolloutSpec = FromSchema<typeof rolloutSpecSchema>;
