import { ensureMap, isMap, type Json, listAt, mapAt } from "../json.ts";
import { fallback, maps } from "./fill.ts";
import { defaultPodRequests, defaultPodSpec } from "./pod-defaults.ts";
import { qualified, type Resource } from "./resource.ts";

type Defaults = (object: Json) => void;

/** The defaults that the server fills in for a built-in kind. Changes `object`. */
export function setDefaults(resource: Resource, object: Json): void {
  byResource[qualified(resource)]?.(object);
}

const byResource: Readonly<Record<string, Defaults>> = {
  pods: (object) => {
    defaultPodSpec(mapAt(object, "spec"));
    defaultPodRequests(mapAt(object, "spec"));
  },
  podtemplates: (object) => defaultPodSpec(mapAt(object, "template", "spec")),
  replicationcontrollers: (object) => {
    const spec = ensureMap(object, "spec");
    fallback(spec, { replicas: 1 });
    podTemplate(spec);
  },
  services: defaultService,
  secrets: (object) => fallback(object, { type: "Opaque" }),
  persistentvolumeclaims: (object) =>
    fallback(ensureMap(object, "spec"), { volumeMode: "Filesystem" }),
  persistentvolumes: (object) =>
    fallback(ensureMap(object, "spec"), {
      volumeMode: "Filesystem",
      persistentVolumeReclaimPolicy: "Retain",
    }),
  namespaces: (object) => {
    const metadata = ensureMap(object, "metadata");
    if (typeof metadata.name === "string") {
      ensureMap(metadata, "labels")["kubernetes.io/metadata.name"] = metadata.name;
    }
  },
  "deployments.apps": (object) => {
    const spec = ensureMap(object, "spec");
    fallback(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
    rollingUpdate(ensureMap(spec, "strategy"), { maxUnavailable: "25%", maxSurge: "25%" });
    podTemplate(spec);
  },
  "replicasets.apps": (object) => {
    const spec = ensureMap(object, "spec");
    fallback(spec, { replicas: 1 });
    podTemplate(spec);
  },
  "statefulsets.apps": defaultStatefulSet,
  "daemonsets.apps": (object) => {
    const spec = ensureMap(object, "spec");
    fallback(spec, { revisionHistoryLimit: 10 });
    rollingUpdate(ensureMap(spec, "updateStrategy"), { maxUnavailable: 1, maxSurge: 0 });
    podTemplate(spec);
  },
  "jobs.batch": (object) => defaultJob(ensureMap(object, "spec")),
  "cronjobs.batch": defaultCronJob,
  "ingresses.networking.k8s.io": () => undefined,
  "networkpolicies.networking.k8s.io": defaultNetworkPolicy,
  "horizontalpodautoscalers.autoscaling": (object) =>
    fallback(ensureMap(object, "spec"), { minReplicas: 1 }),
  "storageclasses.storage.k8s.io": (object) =>
    fallback(object, { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" }),
  "rolebindings.rbac.authorization.k8s.io": defaultBinding,
  "clusterrolebindings.rbac.authorization.k8s.io": defaultBinding,
  "priorityclasses.scheduling.k8s.io": (object) =>
    fallback(object, { preemptionPolicy: "PreemptLowerPriority" }),
  "validatingwebhookconfigurations.admissionregistration.k8s.io": defaultWebhooks,
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": (object) => {
    defaultWebhooks(object);
    for (const hook of maps(listAt(object, "webhooks")))
      fallback(hook, { reinvocationPolicy: "Never" });
  },
  "customresourcedefinitions.apiextensions.k8s.io": defaultCrd,
  "apiservices.apiregistration.k8s.io": (object) => {
    const service = object.spec;
    if (isMap(service) && isMap(service.service)) fallback(service.service, { port: 443 });
  },
};

function podTemplate(spec: Json): void {
  defaultPodSpec(mapAt(spec, "template", "spec"));
}

function rollingUpdate(strategy: Json, values: Json): void {
  fallback(strategy, { type: "RollingUpdate" });
  if (strategy.type === "RollingUpdate") fallback(ensureMap(strategy, "rollingUpdate"), values);
}

function defaultService(object: Json): void {
  const spec = ensureMap(object, "spec");
  fallback(spec, { sessionAffinity: "None", type: "ClusterIP" });
  if (spec.type === "ExternalName") {
    return;
  }
  fallback(spec, { internalTrafficPolicy: "Cluster" });
  if (spec.type === "NodePort" || spec.type === "LoadBalancer") {
    fallback(spec, { externalTrafficPolicy: "Cluster" });
  }
  if (spec.type === "LoadBalancer") fallback(spec, { allocateLoadBalancerNodePorts: true });
  for (const port of maps(listAt(spec, "ports"))) {
    fallback(port, { protocol: "TCP", targetPort: port.port });
  }
}

function defaultStatefulSet(object: Json): void {
  const spec = ensureMap(object, "spec");
  fallback(spec, { replicas: 1, revisionHistoryLimit: 10, podManagementPolicy: "OrderedReady" });
  rollingUpdate(ensureMap(spec, "updateStrategy"), { partition: 0 });
  fallback(ensureMap(spec, "persistentVolumeClaimRetentionPolicy"), {
    whenDeleted: "Retain",
    whenScaled: "Retain",
  });
  for (const claim of maps(listAt(spec, "volumeClaimTemplates"))) {
    fallback(claim, { apiVersion: "v1", kind: "PersistentVolumeClaim" });
    fallback(ensureMap(claim, "spec"), { volumeMode: "Filesystem" });
    fallback(ensureMap(claim, "status"), { phase: "Pending" });
  }
  podTemplate(spec);
}

function defaultJob(spec: Json): void {
  fallback(spec, {
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: "NonIndexed",
    suspend: false,
    podReplacementPolicy: "TerminatingOrFailed",
  });
  podTemplate(spec);
}

function defaultCronJob(object: Json): void {
  const spec = ensureMap(object, "spec");
  fallback(spec, {
    concurrencyPolicy: "Allow",
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  podTemplate(mapAt(spec, "jobTemplate", "spec"));
}

function defaultNetworkPolicy(object: Json): void {
  const spec = ensureMap(object, "spec");
  const types = listAt(spec, "egress").length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
  fallback(spec, { policyTypes: types });
  const rules = [...listAt(spec, "ingress"), ...listAt(spec, "egress")];
  for (const port of maps(rules.flatMap((rule) => [...listAt(rule, "ports")]))) {
    fallback(port, { protocol: "TCP" });
  }
}

function defaultBinding(object: Json): void {
  fallback(ensureMap(object, "roleRef"), { apiGroup: "rbac.authorization.k8s.io" });
  for (const subject of maps(listAt(object, "subjects"))) {
    if (subject.kind === "ServiceAccount") continue;
    fallback(subject, { apiGroup: "rbac.authorization.k8s.io" });
  }
}

function defaultWebhooks(object: Json): void {
  for (const hook of maps(listAt(object, "webhooks"))) {
    fallback(hook, {
      failurePolicy: "Fail",
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
    });
    for (const rule of maps(listAt(hook, "rules"))) fallback(rule, { scope: "*" });
    const client = mapAt(hook, "clientConfig");
    if (isMap(client.service)) fallback(client.service, { port: 443 });
  }
}

function defaultCrd(object: Json): void {
  const spec = ensureMap(object, "spec");
  const names = ensureMap(spec, "names");
  const kind = typeof names.kind === "string" ? names.kind : "";
  fallback(names, { singular: kind.toLowerCase(), listKind: `${kind}List` });
  fallback(ensureMap(spec, "conversion"), { strategy: "None" });
}
