import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { behaviourProperties } from "./app-properties.ts";
import { durationSchema, nameSchema, timeSchema } from "./parts-schema.ts";

/** Which folders are read, and what holds for all apps. */
export const fleetSpecSchema = {
  type: "object",
  description: "Which folders are read, and what holds for all apps.",
  additionalProperties: false,
  required: ["folders"],
  properties: {
    branch: {
      type: "string",
      minLength: 1,
      description: "For the CLI; an agent follows its own settings. Default main.",
    },
    folders: {
      type: "array",
      minItems: 1,
      description: "Folders where documents are read.",
      items: { type: "string", format: "path" },
    },
    shared: {
      type: "array",
      description: "Folders that every app may read besides its own.",
      items: { type: "string", format: "path" },
    },
    environmentLabel: {
      type: "string",
      format: "label-key",
      description: "The cluster label that names the environment. Default env.",
    },
    defaults: {
      type: "object",
      description: "For apps that do not say otherwise.",
      additionalProperties: false,
      properties: {
        rollout: { ...nameSchema, description: "The Rollout that apps follow." },
        ...behaviourProperties,
      },
    },
    protect: {
      type: "array",
      description: "Kinds that are never pruned unasked, beyond the shipped list.",
      items: { type: "string", format: "kind-pattern" },
    },
    freeze: {
      type: "object",
      description: "Nothing new goes out until then.",
      additionalProperties: false,
      required: ["reason", "until"],
      properties: {
        reason: { type: "string", minLength: 1, description: "Why." },
        until: { ...timeSchema, description: "When it ends by itself." },
        except: {
          type: "array",
          description: "Apps that go on; * stands for anything.",
          items: { type: "string", minLength: 1 },
        },
      },
    },
    holdUntilMax: { ...durationSchema, description: "How long break-glass may last. Default 4h." },
  },
} as const satisfies JSONSchema;

export type FleetSpec = FromSchema<typeof fleetSpecSchema>;
