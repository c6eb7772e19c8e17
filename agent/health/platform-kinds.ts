import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import { assessWord } from "./general.ts";
import {
  at,
  conditionIs,
  conditionOf,
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
import { speaksOfFailure } from "./vocabulary.ts";

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
  if (progress?.reason === "NewReplicationControllerAvailable") {
    return numberAt(object, "status", "replicas") === 0 ? healthy() : undefined;
  }
  const unavailable = conditionIs(object, "Available", "False");
  if (unavailable !== undefined && progress?.status !== "True") return degraded(words(unavailable));
  return progress && progressing(words(progress));
};

const grafana: KindRule = (object) => {
  const stage = textAt(object, "status", "stage");
  const result = assessWord(textAt(object, "status", "stageStatus"));
  if (stage === "" || result === undefined) return undefined;
  return result.status === "Healthy" && stage !== "complete" ? progressing(stage) : result;
};

const grafanaContent: KindRule = (object) =>
  at(object, "status", "NoMatchingInstances") === true
    ? degraded("no Grafana instance matches")
    : whenTrue("NoMatchingInstance", degraded)(object);

/** Confluent: the connector runs while its tasks may not. */
const connector: KindRule = (object) => {
  const failed = numberAt(object, "status", "failedTasksCount") ?? 0;
  if (failed > 0) return degraded(`${failed} tasks failed`);
  return wordAt(["status", "connectorState"], { RUNNING: "Healthy", FAILED: "Degraded" })(object);
};

/** Condition types say what is wrong, and True ones count. */
const threeScale: KindRule = firstOf(
  whenTrue("Orphan", degraded),
  whenTrue("Invalid", degraded),
  whenTrue("Failed", degraded),
  whenTrue("Waiting", suspended),
  (object) => {
    const pending = conditionIs(object, "Synced", "False") ?? conditionIs(object, "Ready", "False");
    return pending === undefined || speaksOfFailure(words(pending))
      ? undefined
      : progressing(words(pending));
  },
);

const apiManager: KindRule = (object) => {
  const available = conditionOf(object, "Available");
  if (available?.status !== "False") return undefined;
  const isStarting = listAt(object, "status", "deployments", "starting").length > 0;
  return isStarting ? progressing("deployments are starting") : degraded(words(available));
};

const clusterExternalSecret: KindRule = firstOf(
  whenTrue("Ready", healthy),
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

/** Numaplane tries a new version beside the old one and labels it with the result. */
const numaflow: KindRule = (object) => {
  const { labels = {} } = object.metadata;
  if (labels["numaplane.numaproj.io/progressive-result-state"] === "failed") {
    return degraded("its progressive upgrade failed");
  }
  const children = conditionIs(object, "ChildrenResourcesHealthy", "False");
  if (children === undefined) return undefined;
  return children.reason === "Progressing"
    ? progressing(words(children))
    : degraded(words(children));
};

const numaplane: KindRule = firstOf(
  whenTrue("MonoVertexPausingOrPaused", healthy),
  whenTrue("PipelinePausingOrPaused", healthy),
);

const olmSubscription = wordAt(["status", "state"], {
  AtLatestKnown: "Healthy",
  UpgradeAvailable: "Healthy",
  UpgradePending: "Progressing",
});

const installPlan = wordAt(["status", "phase"], {
  Complete: "Healthy",
  RequiresApproval: "Suspended",
});

/** Scaling, observability and what comes with platforms. */
export const platformKinds: RuleTable = {
  "keda.sh/ScaledObject": scaledObject,
  "keda.sh/ScaledJob": scaledObject,
  "keda.sh/TriggerAuthentication": configuration,
  "keda.sh/ClusterTriggerAuthentication": configuration,
  "apps.kruise.io/CloneSet": cloneSet,
  "apps.kruise.io/AdvancedCronJob": advancedCronJob,
  "apps.openshift.io/DeploymentConfig": deploymentConfig,
  "grafana.integreatly.org/Grafana": grafana,
  "grafana.integreatly.org/*": grafanaContent,
  "platform.confluent.io/Connector": connector,
  "capabilities.3scale.net/*": threeScale,
  "apps.3scale.net/APIManager": apiManager,
  "external-secrets.io/ClusterExternalSecret": clusterExternalSecret,
  "k8s.keycloak.org/Keycloak": keycloak,
  "monitoring.coreos.com/Prometheus": prometheus,
  "monitoring.coreos.com/Alertmanager": prometheus,
  "monitoring.coreos.com/PrometheusAgent": prometheus,
  "monitoring.coreos.com/ThanosRuler": prometheus,
  "monitoring.coreos.com/*": configuration,
  "datadoghq.com/DatadogMetric": datadogMetric,
  "numaflow.numaproj.io/*": numaflow,
  "numaplane.numaproj.io/*": numaplane,
  "operators.coreos.com/Subscription": olmSubscription,
  "operators.coreos.com/InstallPlan": installPlan,
  "operators.coreos.com/OperatorGroup": configuration,
};
