import type { JSONSchema } from "json-schema-to-ts";
import { durationSchema, percentSchema, valuesSchema } from "./parts-schema.ts";

const ignoreRule = {
  type: "object",
  description: "A difference that is not drift.",
  additionalProperties: false,
  required: ["kind"],
  properties: {
    kind: {
      type: "string",
      minLength: 1,
      description: "Deployment or Deployment.apps; * for all.",
    },
    name: { type: "string", description: "Only objects of this name; * stands for anything." },
    namespace: { type: "string", description: "Only in this namespace; * stands for anything." },
    fields: {
      type: "array",
      description: "JSON pointers; * stands for any key or item.",
      items: { type: "string", format: "pointer" },
    },
    managers: {
      type: "array",
      description: "Whatever these field managers own: name, or name:subresource.",
      items: { type: "string", minLength: 1 },
    },
  },
} as const satisfies JSONSchema;

const healthRule = {
  type: "object",
  description:
    "How healthy a kind is, in CEL over metadata, spec, status and self; the first that is true counts.",
  additionalProperties: false,
  required: ["kind"],
  properties: {
    kind: { type: "string", minLength: 1, description: "Kind, or Kind.group." },
    progressing: { type: "string", maxLength: 4096, description: "True while it is on its way." },
    degraded: { type: "string", maxLength: 4096, description: "True when it is broken." },
    suspended: { type: "string", maxLength: 4096, description: "True when it is paused." },
    healthy: { type: "string", maxLength: 4096, description: "True when it is well." },
  },
} as const satisfies JSONSchema;

/** What an app may say, a fleet may say for all apps, and an override may say for some clusters. */
export const behaviourProperties = {
  mode: {
    enum: ["enforce", "observe"],
    description: "enforce writes; observe compares and reports, and never writes. Default enforce.",
  },
  prune: {
    type: "object",
    description: "What happens to objects that Git no longer declares.",
    additionalProperties: false,
    properties: {
      enabled: {
        type: "boolean",
        description: "False keeps them, counted in status. Default true.",
      },
      max: {
        ...percentSchema,
        description: "Above this share of the app a person decides. Default 20%.",
      },
      accept: {
        type: "object",
        description: "Lets one held deletion through.",
        additionalProperties: false,
        required: ["plan"],
        properties: {
          plan: {
            type: "string",
            minLength: 1,
            description: "The digest that preview and status print.",
          },
          max: { type: "integer", minimum: 1, description: "At most so many objects." },
        },
      },
    },
  },
  drift: {
    type: "object",
    description: "What happens when somebody changes what Git declares.",
    additionalProperties: false,
    properties: {
      mode: { enum: ["heal", "report"], description: "Default heal." },
      grace: { ...durationSchema, description: "Heal only after this time. Default 0s." },
      ignore: { type: "array", description: "Differences that are not drift.", items: ignoreRule },
    },
  },
  health: {
    type: "object",
    description: "When the app counts as well.",
    additionalProperties: false,
    properties: {
      timeout: { ...durationSchema, description: "How long an object may take. Default 5m." },
      rules: { type: "array", description: "Rules for kinds of your own.", items: healthRule },
    },
  },
  onFailure: {
    enum: ["keep", "rollback"],
    description:
      "rollback keeps the last three healthy renders in the cluster, sealed, and goes back to the newest when a change fails, at most once per change. Default keep.",
  },
  onRemove: {
    enum: ["hold", "delete", "orphan"],
    description: "When the app file or the selection of this cluster goes away. Default hold.",
  },
} as const satisfies Readonly<Record<string, JSONSchema>>;

const chart = {
  type: ["string", "object"],
  description:
    "A path in the app's folder, or a remote chart: oci and version, or repository, name and version.",
  additionalProperties: false,
  minLength: 1,
  properties: {
    oci: {
      type: "string",
      format: "oci-url",
      description: "Address in a registry: oci://host/path.",
    },
    repository: {
      type: "string",
      format: "https-url",
      description: "Address of a chart repository.",
    },
    name: { type: "string", minLength: 1, description: "Name of the chart in that repository." },
    version: { type: "string", minLength: 1, description: "Exactly this version." },
  },
} as const satisfies JSONSchema;

/** What an app or an override says about the rendering. */
export const renderProperties = {
  namespace: {
    type: "string",
    format: "dns-label",
    description: "Namespace of namespaced objects that name none.",
  },
  path: {
    type: "string",
    format: "path",
    description: "Folder that is rendered, seen from the app's folder. Default the app's folder.",
  },
  render: {
    type: "object",
    description: "How: helm, kustomize or plain. Default: what lies in the path decides.",
    additionalProperties: false,
    maxProperties: 1,
    properties: {
      plain: { type: "object", additionalProperties: false, description: "Plain files." },
      kustomize: { type: "object", additionalProperties: false, description: "A kustomization." },
      helm: {
        type: "object",
        description: "A Helm chart.",
        additionalProperties: false,
        properties: {
          chart,
          releaseName: { ...nameOf("Name of the release. Default the app's name.") },
          valuesFiles: {
            type: "array",
            description:
              "Values files, seen from the app's folder; later ones win, `values` wins over all.",
            items: { type: "string", format: "path" },
          },
        },
      },
    },
  },
  version: {
    type: "string",
    minLength: 1,
    description: "Version of the chart; wins over render.helm.",
  },
  values: { ...valuesSchema, description: "Values for expressions and for Helm." },
  dependsOn: {
    type: "array",
    description: "Apps that must be applied and healthy on the same cluster first.",
    items: { type: "string", format: "dns-label" },
  },
  serviceAccount: {
    type: "string",
    format: "dns-label",
    description: "Act as this account of the app's namespace.",
  },
  protect: {
    type: "array",
    description: "Kinds that are never pruned unasked: Kind, Kind.group or group/*.",
    items: { type: "string", format: "kind-pattern" },
  },
} as const satisfies Readonly<Record<string, JSONSchema>>;

function nameOf<const D extends string>(description: D) {
  return { type: "string", format: "dns-label", description } as const;
}
