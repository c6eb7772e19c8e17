import type { Health } from "../model/health.ts";
import { isJsonObject } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";
import { worst } from "./conditions.ts";
import { assessWord } from "./general.ts";
import {
  at,
  conditionIs,
  conditionOf,
  conditionsOf,
  degraded,
  healthy,
  type KindRule,
  listAt,
  numberAt,
  progressing,
  suspended,
  textAt,
  words,
} from "./read.ts";
import {
  configuration,
  firstOf,
  needs,
  pausedAt,
  pausedBy,
  type RuleTable,
  waitsFor,
  whenTrue,
  wordAt,
} from "./rules.ts";

/** Solo's proxies report per namespace; states came as numbers once. */
const glooStates: Readonly<Record<string, Health>> = {
  Accepted: healthy(),
  "1": healthy(),
  Warning: degraded("warning"),
  "3": degraded("warning"),
  Rejected: degraded("rejected"),
  "2": degraded("rejected"),
  Pending: suspended("pending"),
  "0": suspended("pending"),
};

function gloo({ status }: KubeObject): Health | undefined {
  const perNamespace = at(status, "statuses");
  const reports = isJsonObject(perNamespace) ? Object.values(perNamespace) : [status];
  return worst(
    reports.flatMap((report) => {
      const found = glooStates[String(at(report, "state") ?? "")];
      return found === undefined ? [] : [{ ...found, message: textAt(report, "reason") }];
    }),
  );
}

/** KEDA: not scaling while nothing happens is what it is for; scaling on a fallback is not. */
const scaledObject: KindRule = firstOf(
  pausedBy("autoscaling.keda.sh/paused", "true"),
  whenTrue("Paused", suspended),
  whenTrue("Fallback", degraded),
  needs("Ready"),
);

const cloneSet: KindRule = (object) => {
  if (at(object, "spec", "updateStrategy", "paused") === true) return suspended("paused");
  const count = (name: string) => numberAt(object, "status", name) ?? 0;
  const wanted = numberAt(object, "spec", "replicas") ?? 1;
  const partition = numberAt(object, "spec", "updateStrategy", "partition") ?? 0;
  if (partition !== 0 && count("updatedReplicas") >= count("expectedUpdatedReplicas")) {
    return suspended("the rest is kept back by its partition");
  }
  if (at(object, "status") === undefined) return undefined;
  if (count("updatedAvailableReplicas") >= wanted) return healthy();
  return (
    degradedScale(object) ??
    progressing(`${count("updatedAvailableReplicas")} of ${wanted} replicas available`)
  );
};

function degradedScale(object: KubeObject): Health | undefined {
  return whenTrue("FailedScale", degraded)(object) ?? whenTrue("FailedUpdate", degraded)(object);
}

const advancedCronJob: KindRule = (object) => {
  if (at(object, "spec", "paused") === true) return suspended("paused");
  if (at(object, "status") === undefined) return undefined;
  if (listAt(object, "status", "active").length > 0) return progressing("a run is under way");
  const hasRun = textAt(object, "status", "lastScheduleTime") !== "";
  return hasRun ? healthy() : degraded("never scheduled");
};

/** OpenShift's DeploymentConfig: a rollout runs until its replication controller is available. */
const deploymentConfig: KindRule = (object) => {
  const progress = conditionOf(object, "Progressing");
  if (progress?.status === "False") return degraded(words(progress));
  const isRolledOut = progress?.reason === "NewReplicationControllerAvailable";
  if (progress !== undefined && !isRolledOut) return progressing(words(progress));
  if (at(object, "spec", "replicas") === 0) return healthy();
  return undefined;
};

const route: KindRule = (object) => {
  const admitted = listAt(object, "status", "ingress")
    .flatMap((ingress) => listAt(ingress, "conditions"))
    .filter((condition) => textAt(condition, "type") === "Admitted");
  if (admitted.length === 0) return progressing("no router has seen it yet");
  const refused = admitted.find((condition) => textAt(condition, "status") === "False");
  if (refused !== undefined) return degraded(textAt(refused, "message") || "not admitted");
  const isOpen = admitted.every((condition) => textAt(condition, "status") === "True");
  return isOpen ? healthy() : progressing("not admitted yet");
};

const managedCertificate: KindRule = (object) => {
  const domains = listAt(object, "status", "domainStatus").map((item) => textAt(item, "status"));
  const failed = domains.find((word) => word.startsWith("Failed"));
  if (failed !== undefined) return degraded(failed);
  return wordAt(["status", "certificateStatus"], { Active: "Healthy" })(object);
};

/** Condition types say what is wrong, and True ones count. */
const threeScale: KindRule = firstOf(
  whenTrue("Orphan", degraded),
  whenTrue("Invalid", degraded),
  whenTrue("Failed", degraded),
  whenTrue("Waiting", suspended),
);

const apiManager: KindRule = (object) => {
  const available = conditionOf(object, "Available");
  if (available?.status !== "False") return undefined;
  const isStarting = listAt(object, "status", "deployments", "starting").length > 0;
  return isStarting ? progressing("deployments are starting") : degraded(words(available));
};

const clusterExternalSecret: KindRule = firstOf(
  whenTrue("PartiallyReady", degraded),
  whenTrue("NotReady", degraded),
);

const keycloak: KindRule = firstOf(
  whenTrue("HasErrors", degraded),
  whenTrue("RollingUpdate", progressing),
  waitsFor("Ready"),
);

const prometheus: KindRule = firstOf(pausedAt("spec", "paused"), (object) => {
  const failed = conditionIs(object, "Reconciled", "False");
  if (failed !== undefined) return degraded(words(failed));
  const available = conditionOf(object, "Available");
  if (available === undefined || available.status === "True") return undefined;
  return available.status === "Degraded"
    ? degraded(words(available))
    : progressing(words(available));
});

const datadogMetric: KindRule = (object) => {
  const invalid = conditionIs(object, "Valid", "False");
  return whenTrue("Error", degraded)(object) ?? (invalid && degraded(words(invalid)));
};

const isbService: KindRule = (object) => {
  const children = conditionIs(object, "ChildrenResourcesHealthy", "False");
  if (children === undefined) return undefined;
  return children.reason === "Progressing"
    ? progressing(words(children))
    : degraded(words(children));
};

const ingressRoute: KindRule = (object) =>
  assessWord(textAt(object, "status", "currentStatus")) ??
  (conditionsOf(object).length === 0 ? configuration() : undefined);

const olmSubscription = wordAt(["status", "state"], {
  AtLatestKnown: "Healthy",
  UpgradeAvailable: "Healthy",
  UpgradePending: "Progressing",
});

const installPlan = wordAt(["status", "phase"], {
  Complete: "Healthy",
  RequiresApproval: "Suspended",
});

/** Networking, scaling, observability and what comes with platforms. */
export const platformKinds: RuleTable = {
  "*.solo.io/*": gloo,
  "keda.sh/ScaledObject": scaledObject,
  "keda.sh/ScaledJob": scaledObject,
  "keda.sh/TriggerAuthentication": configuration,
  "keda.sh/ClusterTriggerAuthentication": configuration,
  "apps.kruise.io/CloneSet": cloneSet,
  "apps.kruise.io/AdvancedCronJob": advancedCronJob,
  "apps.openshift.io/DeploymentConfig": deploymentConfig,
  "route.openshift.io/Route": route,
  "networking.gke.io/ManagedCertificate": managedCertificate,
  "capabilities.3scale.net/*": threeScale,
  "apps.3scale.net/APIManager": apiManager,
  "external-secrets.io/ClusterExternalSecret": clusterExternalSecret,
  "k8s.keycloak.org/Keycloak": keycloak,
  "monitoring.coreos.com/Prometheus": prometheus,
  "monitoring.coreos.com/Alertmanager": prometheus,
  "monitoring.coreos.com/PrometheusAgent": prometheus,
  "monitoring.coreos.com/ThanosRuler": prometheus,
  "monitoring.coreos.com/*": configuration,
  "networking.istio.io/*": ingressRoute,
  "security.istio.io/*": ingressRoute,
  "telemetry.istio.io/*": ingressRoute,
  "traefik.io/*": ingressRoute,
  "projectcontour.io/HTTPProxy": ingressRoute,
  "datadoghq.com/DatadogMetric": datadogMetric,
  "numaflow.numaproj.io/InterStepBufferService": isbService,
  "operators.coreos.com/Subscription": olmSubscription,
  "operators.coreos.com/InstallPlan": installPlan,
  "operators.coreos.com/OperatorGroup": configuration,
};
