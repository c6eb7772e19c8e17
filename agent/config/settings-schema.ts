import type { FromSchema, JSONSchema } from "json-schema-to-ts";

function text<const D extends string>(description: D) {
  return { type: "string", minLength: 1, description } as const;
}

function flag<const D extends string, const V extends boolean>(description: D, value: V) {
  return { type: "boolean", description, default: value } as const;
}

function duration<const D extends string, const V extends string>(description: D, value: V) {
  return { type: "string", format: "duration", description, default: value } as const;
}

function port<const D extends string, const V extends number>(description: D, value: V) {
  return { type: "integer", minimum: 0, maximum: 65_535, description, default: value } as const;
}

function list<const D extends string>(description: D) {
  return {
    type: "array",
    items: { type: "string", minLength: 1 },
    description,
    default: [] as readonly string[],
  } as const;
}

function group<const P extends Readonly<Record<string, JSONSchema>>, const D extends string>(
  description: D,
  properties: P,
) {
  return { type: "object", additionalProperties: false, description, properties } as const;
}

/**
 * The agent's settings. A leaf `source.interval` is the flag `--source-interval`, the variable `HOLDFAST_SOURCE_INTERVAL` and
 * the chart value of the same path; the chart's values.schema.json is made from this.
 */
export const settingsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    cluster: group("The cluster that the agent runs in.", {
      name: {
        type: "string",
        format: "dns-label",
        description: "Its name: that of its Cluster document.",
      },
    }),
    mode: {
      enum: ["agent", "hub"],
      description: "agent drives its own cluster; hub drives clusters that cannot run their own.",
      default: "agent",
    },
    enforce: flag("False: plans and reports, never writes.", true),
    namespace: {
      type: "string",
      format: "dns-label",
      description: "Where Holdfast keeps its own objects.",
      default: "holdfast-system",
    },
    kubeconfig: text("File with the cluster's address and credential. Default: the pod's own."),
    context: text("Context of the kubeconfig. Default: its current one."),
    source: group("The config repository.", {
      url: { type: "string", format: "git-url", description: "Address, without a credential." },
      ref: { ...text("Branch or tag that is followed."), default: "main" },
      path: {
        type: "string",
        format: "path",
        description: "Folder of fleet.yaml in the repository.",
        default: ".",
      },
      interval: duration("How often it is asked for a new commit.", "60s"),
      jitter: {
        type: "string",
        format: "percent",
        description: "How much the interval varies, so that a fleet does not ask at once.",
        default: "10%",
      },
      auth: group("How the agent shows who it is.", {
        username: text("User name; a token alone needs none."),
        passwordFile: text("File with the password or token; read again when it is refused."),
        caFile: text("File with the certificate authority of the Git host, PEM."),
      }),
      verify: {
        enum: ["off"],
        description: "Whether commits must be signed. Signatures are not verified by this version.",
        default: "off",
      },
    }),
    store: group("What is kept on disk: Git objects, renders. It may be lost at any time.", {
      path: { ...text("Folder."), default: "/var/lib/holdfast" },
      sizeLimit: {
        type: "string",
        format: "quantity",
        description: "How large it may become.",
        default: "2Gi",
      },
    }),
    lease: group("One writer per cluster at a time.", {
      duration: duration("After this time without renewal another may take over.", "45s"),
      renewDeadline: duration("A renewal that takes longer gives the lease up.", "12s"),
      writeTimeout: duration("No write takes longer.", "30s"),
    }),
    metrics: group("Prometheus metrics.", {
      enabled: flag("Whether they are served.", true),
      host: { ...text("Address to listen on."), default: "0.0.0.0" },
      port: port("Port of /metrics, /healthz and /readyz; 0 takes a free one.", 8080),
      perApp: {
        enum: ["auto", "true", "false"],
        description: "Series per app; auto leaves them out above a few hundred apps.",
        default: "auto",
      },
      revisionLabels: flag("Whether commits appear as labels.", true),
      clusterLabels: list("Cluster labels that become metric labels."),
    }),
    statusPage: group("The read-only page and its API.", {
      enabled: flag("Whether it is served.", true),
      host: { ...text("Address to listen on."), default: "0.0.0.0" },
      port: port("Port; 0 takes a free one.", 8081),
      mode: {
        enum: ["cluster", "fleet"],
        description: "What it shows: this cluster, or the whole fleet from its records.",
        default: "cluster",
      },
      allowedHosts: list("Host names by which it may be asked, besides its own address."),
    }),
    log: group("Logs.", {
      level: {
        enum: ["debug", "info", "warn", "error"],
        description: "How much.",
        default: "info",
      },
    }),
    protect: {
      type: "array",
      items: { type: "string", format: "kind-pattern" },
      description: "Kinds that are never pruned unasked, beyond the shipped list.",
      default: [] as readonly string[],
    },
    helm: group("Renders charts.", {
      path: text("The binary, helm 4.x, as an absolute path. Default: helm in PATH."),
    }),
    kustomize: group("Renders kustomizations.", {
      path: text("The binary, kustomize 5.x, as an absolute path. Default: kustomize in PATH."),
    }),
    remotes: {
      type: "array",
      items: { type: "string", format: "remote-url" },
      description: "Addresses that charts and bases may be downloaded from. Empty: no downloads.",
      default: [] as readonly string[],
    },
    statusRecords: group("Where the state of this cluster is published for the fleet.", {
      carrier: {
        enum: ["git", "kubernetes", "none"],
        description: "none: nowhere, and waves stay shut.",
        default: "none",
      },
      heartbeat: duration("How often a record is renewed although nothing changed.", "10m"),
      git: group("Carrier git.", {
        url: { type: "string", format: "git-url", description: "Repository of the records." },
        auth: group("Who pushes the records.", {
          username: text("User name; a token alone needs none."),
          passwordFile: text("File with the password or token; read anew for every exchange."),
          caFile: text("File with the certificate authority of the Git host, PEM."),
        }),
        maxPushesPerMinute: {
          type: "integer",
          minimum: 2,
          maximum: 600,
          description:
            "What the Git host allows for one repository; all agents of a fleet say the same.",
          default: 6,
        },
      }),
      kubernetes: group("Carrier kubernetes.", {
        kubeconfig: text("File with the records cluster's address and credential."),
        namespace: {
          type: "string",
          format: "dns-label",
          description: "Namespace of the records.",
          default: "holdfast-records",
        },
      }),
    }),
  },
} as const satisfies JSONSchema;

/** Settings as written: durations, shares and sizes still text. */
export type WrittenSettings = FromSchema<typeof settingsSchema>;
