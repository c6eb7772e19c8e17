import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
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
  whenTrue,
  wordAt,
} from "./rules.ts";

/** Managed resources and composites are there once Ready says so; Synced alone is only a promise. */
const crossplane: KindRule = firstOf(pausedBy("crossplane.io/paused", "true"), (object) => {
  const isManaged = conditionOf(object, "Synced") !== undefined;
  const hasReady = conditionOf(object, "Ready") !== undefined;
  const isSynced = conditionIs(object, "Synced", "True") !== undefined;
  return isManaged && isSynced && !hasReady ? progressing("not ready yet") : undefined;
});

const crossplanePackage = firstOf(
  pausedBy("crossplane.io/paused", "true"),
  needs("Installed", "Healthy"),
);

/** Cluster API: what went wrong counts before the phase, and the phase before Ready. */
const clusterApi: KindRule = firstOf(
  pausedAt("spec", "paused"),
  pausedBy("cluster.x-k8s.io/paused", "true"),
  (object) => {
    const failure = textAt(object, "status", "failureMessage");
    return failure === "" ? undefined : degraded(failure);
  },
);

const capiCluster: KindRule = firstOf(clusterApi, (object) => {
  const ready = conditionOf(object, "Ready") ?? conditionOf(object, "Available");
  if (ready?.status === "False") return undefined;
  const phase = textAt(object, "status", "phase");
  return phase === "Pending" || phase === "Provisioning" ? progressing(phase) : undefined;
});

/** Config Connector waits for what another team applies. */
const configConnector: KindRule = (object) => {
  const ready = conditionIs(object, "Ready", "False");
  return ready?.reason === "DependencyNotReady" ? suspended(words(ready)) : undefined;
};

const nodeClaim: KindRule = (object) => {
  const leaving =
    conditionIs(object, "Disrupting", "True") ?? conditionIs(object, "Drifted", "True");
  if (leaving?.type === "Disrupting") return suspended(words(leaving));
  const failed = ["Launched", "Registered", "Initialized"]
    .map((type) => conditionIs(object, type, "False"))
    .find((condition) => condition !== undefined);
  if (failed !== undefined && /Fail|Error/.test(failed.reason)) return degraded(words(failed));
  const ready = conditionOf(object, "Ready");
  if (ready === undefined) return progressing("the node is not ready yet");
  const wasReady = conditionIs(object, "Initialized", "True") !== undefined;
  return wasReady && ready.status === "False" ? degraded(words(ready)) : undefined;
};

const nodeNetwork: KindRule = firstOf(
  whenTrue("Ignored", suspended),
  whenTrue("Degraded", degraded),
  whenTrue("Available", healthy),
  (object) => (conditionsOf(object).length === 0 ? undefined : progressing("being configured")),
);

/** AWS Controllers for Kubernetes. */
const awsController: KindRule = firstOf(
  whenTrue("ACK.Terminal", degraded),
  whenTrue("ACK.Recoverable", degraded),
  whenTrue("ACK.ResourceSynced", healthy),
  (object) => {
    const synced = conditionOf(object, "ACK.ResourceSynced");
    return synced && progressing(words(synced));
  },
);

const dataVolume: KindRule = firstOf(
  (object) => {
    const running = conditionIs(object, "Running", "False");
    return running?.reason === "Error" ? degraded(words(running)) : undefined;
  },
  wordAt(["status", "phase"], {
    Succeeded: "Healthy",
    Failed: "Degraded",
    Unknown: "Degraded",
    Paused: "Suspended",
    WaitForFirstConsumer: "Healthy",
    PendingPopulation: "Healthy",
  }),
);

const virtualMachine: KindRule = firstOf(
  whenTrue("Failure", degraded),
  whenTrue("Paused", suspended),
  wordAt(["status", "printableStatus"], {
    Running: "Healthy",
    Migrating: "Healthy",
    Stopped: "Suspended",
    Halted: "Suspended",
    Paused: "Suspended",
    Unknown: "Unknown",
    CrashLoopBackOff: "Degraded",
    ErrorUnschedulable: "Degraded",
  }),
);

const virtualMachineInstance: KindRule = firstOf(whenTrue("Paused", suspended), (object) => {
  const isReady = conditionIs(object, "Ready", "True") !== undefined;
  if (textAt(object, "status", "phase") === "Running" && !isReady)
    return progressing("not ready yet");
  return wordAt(["status", "phase"], { Running: "Healthy", Unknown: "Unknown" })(object);
});

/** A snapshot is ready or says why not. */
const snapshot: KindRule = (object) => {
  const error = textAt(object, "status", "error", "message");
  if (error !== "") return degraded(error);
  return at(object, "status", "readyToUse") === true
    ? healthy()
    : progressing("not ready to use yet");
};

const spinApp: KindRule = firstOf((object) => {
  const progress = conditionIs(object, "Progressing", "False");
  return progress === undefined ? undefined : degraded(words(progress));
}, needs("Available"));

const humio = wordAt(["status", "state"], {
  Exists: "Healthy",
  NotFound: "Missing",
  ConfigError: "Degraded",
  Unknown: "Unknown",
});

const tridentBackend = firstOf(
  wordAt(["status", "lastOperationStatus"], { Success: "Healthy", Failed: "Degraded" }),
);

const hookRun: KindRule = (object: KubeObject): Health | undefined => {
  const failed = conditionsOf(object).find(
    ({ status, reason, message }) => status === "False" && reason === "Done" && message !== "",
  );
  const isOver = textAt(object, "status", "completionTimestamp") !== "";
  return failed !== undefined && isOver ? degraded(failed.message) : undefined;
};

const storageCluster: KindRule = (object) =>
  listAt(object, "status", "conditions").length === 0
    ? undefined
    : whenTrue("Degraded", degraded)(object);

/** Open Cluster Management keeps its generation under a name of its own. */
const compliance: KindRule = (object) => {
  const evaluated = numberAt(object, "status", "lastEvaluatedGeneration");
  if (evaluated !== undefined && evaluated !== object.metadata.generation) {
    return progressing("not evaluated yet");
  }
  return wordAt(["status", "compliant"], { Compliant: "Healthy", NonCompliant: "Degraded" })(
    object,
  );
};

/** Clouds, clusters, nodes, virtual machines and volumes. */
export const infrastructureKinds: RuleTable = {
  "pkg.crossplane.io/Provider": crossplanePackage,
  "pkg.crossplane.io/Configuration": crossplanePackage,
  "pkg.crossplane.io/Function": crossplanePackage,
  "pkg.crossplane.io/DeploymentRuntimeConfig": configuration,
  "pkg.crossplane.io/ImageConfig": configuration,
  "pkg.crossplane.io/ControllerConfig": configuration,
  "apiextensions.crossplane.io/Composition": configuration,
  "apiextensions.crossplane.io/CompositeResourceDefinition": needs("Established"),
  "*.crossplane.io/*": crossplane,
  "*.upbound.io/*": crossplane,
  "cluster.x-k8s.io/Cluster": capiCluster,
  "cluster.x-k8s.io/*": clusterApi,
  "*.cluster.x-k8s.io/*": clusterApi,
  "addons.cluster.x-k8s.io/ClusterResourceSet": needs("ResourcesApplied"),
  "*.cnrm.cloud.google.com/*": configConnector,
  "*.services.k8s.aws/*": awsController,
  "karpenter.sh/NodeClaim": nodeClaim,
  "karpenter.sh/NodePool": (object) => {
    const ready = conditionIs(object, "Ready", "False");
    return ready && degraded(words(ready));
  },
  "nmstate.io/NodeNetworkConfigurationPolicy": nodeNetwork,
  "cdi.kubevirt.io/DataVolume": dataVolume,
  "kubevirt.io/VirtualMachine": virtualMachine,
  "kubevirt.io/VirtualMachineInstance": virtualMachineInstance,
  "snapshot.storage.k8s.io/VolumeSnapshot": snapshot,
  "snapshot.storage.k8s.io/VolumeSnapshotContent": snapshot,
  "snapshot.storage.k8s.io/VolumeSnapshotClass": configuration,
  "core.spinkube.dev/SpinApp": spinApp,
  "core.humio.com/*": humio,
  "trident.netapp.io/TridentBackendConfig": tridentBackend,
  "astra.netapp.io/ExecHooksRun": hookRun,
  "astra.netapp.io/Schedule": (object) =>
    at(object, "status") === undefined ? configuration() : undefined,
  "policy.open-cluster-management.io/*": compliance,
  "ocs.openshift.io/StorageCluster": storageCluster,
};
