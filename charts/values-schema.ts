import { flag, free, group, labels, list, type SchemaNode, text } from "./schema-node.ts";
import { settingsValues } from "./settings-values.ts";

const texts = { type: "string", minLength: 1 };

/** One rule of a role; `namespace` makes it a Role there. */
const rule = {
  type: "object",
  additionalProperties: false,
  required: ["verbs"],
  properties: {
    namespace: { type: "string", description: "Where it holds; absent: in the whole cluster." },
    apiGroups: { type: "array", items: { type: "string" } },
    resources: { type: "array", items: texts },
    resourceNames: { type: "array", items: texts },
    nonResourceURLs: { type: "array", items: texts },
    verbs: { type: "array", minItems: 1, items: texts },
  },
};

const account = {
  type: "object",
  additionalProperties: false,
  required: ["namespace", "name"],
  properties: { namespace: texts, name: texts },
};

const override = {
  type: "object",
  additionalProperties: false,
  properties: { for: texts, severity: { enum: ["critical", "warning", "info"] }, expr: texts },
};

const secrets = {
  source: group("The config repository.", {
    auth: group("How the agent shows who it is.", {
      existingSecret: text("Secret with the password or token. Empty: a public repository."),
      passwordKey: text("Its key with the password or token.", "password"),
      caKey: text("Its key with the certificate authority of the Git host, PEM. Empty: none."),
    }),
  }),
  statusRecords: group("", {
    git: group("", {
      auth: group("Who pushes the records.", {
        existingSecret: text("Secret with the password or token."),
        passwordKey: text("Its key with the password or token.", "password"),
        caKey: text("Its key with the certificate authority of the Git host, PEM. Empty: none."),
      }),
    }),
    kubernetes: group("", {
      kubeconfigSecret: text("Secret with a kubeconfig for the records cluster, key kubeconfig."),
    }),
  }),
};

const rights = {
  rbac: group("What the agent may do.", {
    create: flag("False: somebody else makes the roles.", true),
    mode: {
      description:
        "cluster-admin: everything. scoped: exactly rules. impersonate: act as serviceAccounts. read-only: observe, never write.",
      enum: ["cluster-admin", "scoped", "impersonate", "read-only"],
      default: "cluster-admin",
    },
    rules: list("Mode scoped: what holdfast rbac --values prints. Other modes refuse them.", rule),
    namespaces: list(
      "Namespaces to make for the Roles in them, kept when the release goes; others must be there before.",
      texts,
    ),
    serviceAccounts: list("Mode impersonate: accounts that apps act as.", account),
    readSecrets: flag("Mode read-only: whether Secrets are read, too.", true),
  }),
  serviceAccount: group("The agent's account.", {
    create: flag("False: it exists already.", true),
    name: text("Its name. Empty: holdfast."),
    annotations: labels("Its annotations."),
  }),
  crds: group("The kind App of the agent's status objects.", {
    install: flag("Upgraded with the chart, never deleted with it.", true),
  }),
};

const watching = {
  metrics: group("", {
    grafanaUrl: text("Address of Grafana: alerts then link to the dashboard."),
    serviceMonitor: group("For the Prometheus operator.", {
      enabled: flag("Whether it is made; its kind must be there.", false),
      interval: text("How often it scrapes.", "30s"),
      labels: labels("What the operator selects by."),
      relabelings: list("Before scraping."),
      metricRelabelings: list("Before storing."),
    }),
    prometheusRule: group("Recording rules and alerts, for the Prometheus operator.", {
      enabled: flag("Whether they are made; their kind must be there.", false),
      labels: labels("What the operator selects by."),
      runbookBaseUrl: text("Alerts link to this address plus their name. Empty: to nothing."),
      disabled: list("Alerts to leave out, by name.", texts),
      overrides: {
        type: "object",
        description: "Alerts to change, by name: for, severity, expr.",
        additionalProperties: override,
        default: {},
      },
    }),
    dashboards: group("Grafana dashboards as ConfigMaps, for its sidecar.", {
      enabled: flag("Whether they are made.", false),
      label: text("The label that the sidecar looks for.", "grafana_dashboard"),
      labelValue: text("Its value.", "1"),
      folder: text("The folder in Grafana, as annotation grafana_folder. Empty: none.", "Holdfast"),
    }),
  }),
};

const workload = {
  replicas: {
    type: "integer",
    description: "More than one: the Lease decides who writes, the others wait.",
    minimum: 1,
    maximum: 5,
    default: 1,
  },
  image: group("The image, built from the Dockerfile of this repository.", {
    repository: text("Where it lies, without tag."),
    tag: text("Empty: the chart's appVersion."),
    digest: text("sha256:…; wins over tag."),
    pullPolicy: {
      description: "When it is pulled.",
      enum: ["IfNotPresent", "Always", "Never"],
      default: "IfNotPresent",
    },
  }),
  imagePullSecrets: list("Secrets to pull it with."),
  resources: free("Of the agent's container.", {
    requests: { cpu: "50m", memory: "128Mi" },
    limits: { memory: "1Gi" },
  }),
  cache: group("Git objects and renders. It may be lost at any time.", {
    sizeLimit: {
      ...text("How large it may become.", "2Gi"),
      pattern: "^[0-9]{1,6}(Ki|Mi|Gi|Ti)$",
    },
    persistentVolumeClaim: text("A claim that outlives the pod. Empty: an emptyDir."),
  }),
  apiPriority: group(
    "A FlowSchema, so that the API server does not queue the agent behind others.",
    {
      enabled: flag("Whether it is made.", false),
      level: text("The PriorityLevelConfiguration it uses.", "workload-high"),
    },
  ),
  networkPolicy: group("In: metrics only. Out: DNS, the API server, Git and remotes.", {
    create: flag("Whether it is made.", true),
    extraEgress: list("Further egress rules."),
  }),
  nodeSelector: labels("Nodes by their labels."),
  tolerations: list("Taints that are no obstacle."),
  affinity: free("Where the pods like to be."),
  topologySpreadConstraints: list("How replicas are spread. Empty and more than one: over nodes."),
  priorityClassName: text("Priority of the pods."),
  podLabels: labels("Further labels of the pods."),
  podAnnotations: labels("Annotations of the pods."),
  extraEnv: list("Further variables of the container."),
  extraVolumes: list("Further volumes of the pod."),
  extraVolumeMounts: list("Where the container sees them."),
};

const kubernetes: Readonly<Record<string, SchemaNode>> = {
  ...secrets,
  ...rights,
  ...watching,
  ...workload,
};

/** All values: the agent's settings first, then what only Kubernetes knows. */
export function valuesSchema(): SchemaNode {
  const properties = merged(settingsValues(), kubernetes);
  return {
    type: "object",
    description: "Values of the chart.",
    additionalProperties: false,
    properties,
  };
}

type Properties = Readonly<Record<string, SchemaNode>>;

function merged(first: Properties, second: Properties): Properties {
  const added = Object.entries(second).map(([key, node]) => {
    const before = first[key];
    if (before === undefined) return [key, node] as const;
    if (before.properties === undefined || node.properties === undefined) {
      throw new Error(`${key} is a setting already`);
    }
    const properties = merged(before.properties, node.properties);
    return [key, { ...before, properties }] as const;
  });
  return { ...first, ...Object.fromEntries(added) };
}
