import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { nameSchema } from "./parts-schema.ts";

/** A reviewed yes to one change of one app (O-36). */
export const approvalSpecSchema = {
  type: "object",
  description: "A reviewed yes to one change of one app.",
  additionalProperties: false,
  required: ["app", "change"],
  properties: {
    app: { ...nameSchema, description: "The app." },
    change: {
      type: "string",
      format: "change-id",
      description: "The change id that status and preview print.",
    },
    wave: { ...nameSchema, description: "Only for this wave. Default: all waves that ask." },
    reason: { type: "string", description: "For the reader." },
  },
} as const satisfies JSONSchema;

export type ApprovalSpec = FromSchema<typeof approvalSpecSchema>;
