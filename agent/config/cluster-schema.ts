import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { suspendSchema, timeSchema, valuesSchema } from "./parts-schema.ts";

/** Facts about one cluster. */
export const clusterSpecSchema = {
  type: "object",
  description: "Facts about one cluster.",
  additionalProperties: false,
  properties: {
    uid: {
      type: "string",
      minLength: 1,
      description: "UID of its kube-system namespace; absent: bound by the first record.",
    },
    kubernetes: {
      type: "string",
      format: "kubernetes-version",
      description: 'What offline renders and validation assume: "1.36".',
    },
    values: { ...valuesSchema, description: "Facts about the cluster, for rendering." },
    suspend: { ...suspendSchema, description: "Nothing is applied here until then." },
    removed: {
      type: "object",
      description: "What `holdfast clusters remove` leaves: nothing is ever applied there again.",
      additionalProperties: false,
      required: ["uid", "at"],
      properties: {
        uid: { type: "string", minLength: 1, description: "UID of the cluster that was removed." },
        at: { ...timeSchema, description: "When." },
      },
    },
    connection: {
      type: "object",
      description: "Hub mode only: how the hub reaches it.",
      additionalProperties: false,
      required: ["kubeconfigSecret"],
      properties: {
        kubeconfigSecret: {
          type: "object",
          description: "Secret of the hub's cluster that holds the kubeconfig.",
          additionalProperties: false,
          required: ["name"],
          properties: {
            name: { type: "string", minLength: 1, description: "Name of the Secret." },
            key: { type: "string", minLength: 1, description: "Key in it. Default value." },
          },
        },
        namespace: {
          type: "string",
          format: "dns-label",
          description: "Where Holdfast keeps its own objects there. Default holdfast-system.",
        },
      },
    },
  },
} as const satisfies JSONSchema;

export type ClusterSpec = FromSchema<typeof clusterSpecSchema>;
