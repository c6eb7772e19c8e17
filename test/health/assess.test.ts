import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assessHealth, hasHealthRule, isAwaited, isCounted } from "../../agent/health/assess.ts";
import { healthStatuses } from "../../agent/model/health.ts";
import type { KubeObject } from "../../agent/model/object.ts";

interface Parts {
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

function object(type: string, { spec, status, metadata = {} }: Parts = {}): KubeObject {
  const slash = type.lastIndexOf("/");
  return {
    apiVersion: type.slice(0, slash),
    kind: type.slice(slash + 1),
    metadata: { name: "x", generation: 1, ...metadata },
    spec,
    status,
  };
}

function condition(type: string, status: string, reason = "") {
  return { type, status, reason, message: "" };
}

function conditions(...list: readonly object[]) {
  return { status: { conditions: list } };
}

const rolledOut = {
  observedGeneration: 1,
  replicas: 2,
  updatedReplicas: 2,
  availableReplicas: 2,
  readyReplicas: 2,
  conditions: [condition("Available", "True"), condition("Progressing", "True")],
};
const two = { replicas: 2 };

type Row = readonly [what: string, object: KubeObject, expected: string];

const deployments: readonly Row[] = [
  ["rolled out", object("apps/v1/Deployment", { spec: two, status: rolledOut }), "Healthy"],
  ["paused", object("apps/v1/Deployment", { spec: { paused: true }, status: {} }), "Suspended"],
  ["not seen yet", object("apps/v1/Deployment", { spec: {} }), "Progressing"],
  [
    "seen in another generation",
    object("apps/v1/Deployment", { spec: two, status: { ...rolledOut, observedGeneration: 2 } }),
    "Progressing",
  ],
  [
    "with an old replica left",
    object("apps/v1/Deployment", { spec: two, status: { ...rolledOut, replicas: 3 } }),
    "Progressing",
  ],
  [
    "available and not ready",
    object("apps/v1/Deployment", { spec: two, status: { ...rolledOut, readyReplicas: 1 } }),
    "Progressing",
  ],
  [
    "not Available",
    object("apps/v1/Deployment", {
      spec: two,
      status: { ...rolledOut, conditions: [condition("Available", "False")] },
    }),
    "Progressing",
  ],
  [
    "past its deadline",
    object("apps/v1/Deployment", {
      spec: two,
      status: { conditions: [condition("Progressing", "False", "ProgressDeadlineExceeded")] },
    }),
    "Degraded",
  ],
  [
    "refused by a quota",
    object("apps/v1/Deployment", {
      spec: two,
      status: { conditions: [condition("ReplicaFailure", "True", "FailedCreate")] },
    }),
    "Degraded",
  ],
];

const workloads: readonly Row[] = [
  [
    "StatefulSet below its partition",
    object("apps/v1/StatefulSet", {
      spec: { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
      status: {
        replicas: 3,
        readyReplicas: 3,
        updatedReplicas: 1,
        currentRevision: "a",
        updateRevision: "b",
      },
    }),
    "Healthy",
  ],
  [
    "StatefulSet with its last pod to go",
    object("apps/v1/StatefulSet", {
      spec: { replicas: 3 },
      status: {
        replicas: 3,
        readyReplicas: 3,
        updatedReplicas: 3,
        currentRevision: "a",
        updateRevision: "b",
      },
    }),
    "Progressing",
  ],
  [
    "StatefulSet OnDelete with old pods",
    object("apps/v1/StatefulSet", {
      spec: { replicas: 1, updateStrategy: { type: "OnDelete" } },
      status: { replicas: 1, readyReplicas: 1, updatedReplicas: 0 },
    }),
    "Healthy",
  ],
  ["DaemonSet not counted yet", object("apps/v1/DaemonSet", { status: {} }), "Progressing"],
  [
    "DaemonSet without nodes",
    object("apps/v1/DaemonSet", { status: { desiredNumberScheduled: 0 } }),
    "Healthy",
  ],
  [
    "DaemonSet half updated",
    object("apps/v1/DaemonSet", {
      status: {
        desiredNumberScheduled: 2,
        numberAvailable: 2,
        numberReady: 2,
        updatedNumberScheduled: 1,
      },
    }),
    "Progressing",
  ],
  [
    "ReplicaSet short of pods",
    object("apps/v1/ReplicaSet", { spec: two, status: { availableReplicas: 1 } }),
    "Progressing",
  ],
  ["Pod failed", object("v1/Pod", { status: { phase: "Failed" } }), "Degraded"],
  ["Pod succeeded", object("v1/Pod", { status: { phase: "Succeeded" } }), "Healthy"],
  [
    "Pod whose init container crashes",
    object("v1/Pod", {
      status: {
        phase: "Pending",
        initContainerStatuses: [{ name: "a", state: { waiting: { reason: "CrashLoopBackOff" } } }],
      },
    }),
    "Degraded",
  ],
  [
    "Pod without a node",
    object("v1/Pod", {
      status: {
        phase: "Pending",
        conditions: [condition("PodScheduled", "False", "Unschedulable")],
      },
    }),
    "Progressing",
  ],
  ["Job running", object("batch/v1/Job", { status: { active: 1 } }), "Progressing"],
  [
    "Job about to fail",
    object("batch/v1/Job", conditions(condition("FailureTarget", "True"))),
    "Progressing",
  ],
  ["Job failed", object("batch/v1/Job", conditions(condition("Failed", "True"))), "Degraded"],
  ["Job complete", object("batch/v1/Job", conditions(condition("Complete", "True"))), "Healthy"],
  ["Job suspended", object("batch/v1/Job", { spec: { suspend: true }, status: {} }), "Suspended"],
  [
    "Job resumed and running",
    object("batch/v1/Job", {
      status: { active: 1, conditions: [condition("Suspended", "False")] },
    }),
    "Progressing",
  ],
  [
    "CronJob whose last run failed",
    object("batch/v1/CronJob", {
      status: {
        lastScheduleTime: "2026-11-21T09:00:00Z",
        lastSuccessfulTime: "2026-11-21T08:00:00Z",
      },
    }),
    "Degraded",
  ],
  ["CronJob suspended", object("batch/v1/CronJob", { spec: { suspend: true } }), "Healthy"],
];

const others: readonly Row[] = [
  [
    "Service",
    object("v1/Service", { spec: { type: "ClusterIP" }, status: { loadBalancer: {} } }),
    "Healthy",
  ],
  [
    "LoadBalancer without address",
    object("v1/Service", { spec: { type: "LoadBalancer" }, status: {} }),
    "Progressing",
  ],
  [
    "Ingress without address",
    object("networking.k8s.io/v1/Ingress", { status: { loadBalancer: {} } }),
    "Progressing",
  ],
  [
    "claim that is lost",
    object("v1/PersistentVolumeClaim", { status: { phase: "Lost" } }),
    "Degraded",
  ],
  [
    "budget short of pods",
    object(
      "policy/v1/PodDisruptionBudget",
      conditions(condition("DisruptionAllowed", "False", "InsufficientPods")),
    ),
    "Healthy",
  ],
  [
    "budget that cannot sync",
    object(
      "policy/v1/PodDisruptionBudget",
      conditions(condition("DisruptionAllowed", "False", "SyncFailed")),
    ),
    "Degraded",
  ],
  [
    "autoscaler with a failing metric after a good one",
    object(
      "autoscaling/v2/HorizontalPodAutoscaler",
      conditions(
        condition("AbleToScale", "True"),
        condition("ScalingActive", "False", "FailedGetResourceMetric"),
      ),
    ),
    "Degraded",
  ],
  [
    "autoscaler of v1, by its annotation",
    object("autoscaling/v1/HorizontalPodAutoscaler", {
      metadata: {
        annotations: {
          "autoscaling.alpha.kubernetes.io/conditions": JSON.stringify([
            condition("AbleToScale", "False", "FailedGetScale"),
          ]),
        },
      },
    }),
    "Degraded",
  ],
  [
    "API without its server",
    object(
      "apiregistration.k8s.io/v1/APIService",
      conditions(condition("Available", "False", "MissingEndpoints")),
    ),
    "Progressing",
  ],
  [
    "CRD whose names are taken",
    object(
      "apiextensions.k8s.io/v1/CustomResourceDefinition",
      conditions(condition("NamesAccepted", "False")),
    ),
    "Degraded",
  ],
  [
    "CRD being installed",
    object(
      "apiextensions.k8s.io/v1/CustomResourceDefinition",
      conditions(condition("Established", "False", "Installing")),
    ),
    "Progressing",
  ],
  [
    "Namespace that goes",
    object("v1/Namespace", { status: { phase: "Terminating" } }),
    "Progressing",
  ],
  ["ConfigMap", object("v1/ConfigMap"), "Healthy"],
  ["Secret", object("v1/Secret"), "Healthy"],
  ["ClusterRole", object("rbac.authorization.k8s.io/v1/ClusterRole"), "Healthy"],
];

const foo = "example.com/v1/Foo";
const general: readonly Row[] = [
  ["nothing said", object(foo), "Progressing"],
  ["only empty fields", object(foo, { status: { phase: "", id: null } }), "Progressing"],
  [
    "suspended by its spec",
    object(foo, { spec: { suspend: true }, ...conditions(condition("Ready", "True")) }),
    "Suspended",
  ],
  [
    "Stalled beats Ready",
    object(foo, conditions(condition("Ready", "True"), condition("Stalled", "True"))),
    "Degraded",
  ],
  ["SyncFailed", object(foo, conditions(condition("SyncFailed", "True"))), "Degraded"],
  [
    "Reconciling",
    object(foo, conditions(condition("Reconciling", "True"), condition("Ready", "Unknown"))),
    "Progressing",
  ],
  [
    "retrying what failed",
    object(
      foo,
      conditions(
        condition("Reconciling", "True", "ProgressingWithRetry"),
        condition("Ready", "False", "DependencyNotReady"),
      ),
    ),
    "Degraded",
  ],
  ["Ready", object(foo, conditions(condition("Ready", "True"))), "Healthy"],
  [
    "Ready as a boolean",
    object(foo, { status: { conditions: [{ type: "Ready", status: true }] } }),
    "Healthy",
  ],
  [
    "not ready, being created",
    object(foo, conditions(condition("Ready", "False", "Creating"))),
    "Progressing",
  ],
  [
    "not ready, members missing",
    object(foo, conditions(condition("Ready", "False", "MembersNotReady"))),
    "Progressing",
  ],
  [
    "not ready, creation failed",
    object(foo, conditions(condition("Ready", "False", "CreateFailed"))),
    "Degraded",
  ],
  ["not ready, unexplained", object(foo, conditions(condition("Ready", "False"))), "Degraded"],
  [
    "not ready for now, says its severity",
    object(foo, conditions({ ...condition("Ready", "False", "Odd"), severity: "Info" })),
    "Progressing",
  ],
  [
    "the worst of several",
    object(foo, conditions(condition("Ready", "True"), condition("Synced", "False", "SyncError"))),
    "Degraded",
  ],
  [
    "a stale condition",
    object(foo, {
      metadata: { generation: 2 },
      ...conditions({ ...condition("Ready", "True"), observedGeneration: 1 }),
    }),
    "Progressing",
  ],
  [
    "only details, one broken",
    object(
      foo,
      conditions(
        condition("DatabaseReady", "True"),
        condition("SchemaApplied", "False", "MigrationFailed"),
      ),
    ),
    "Degraded",
  ],
  [
    "details that are news",
    object(foo, conditions(condition("UpdateAvailable", "False"))),
    "Healthy",
  ],
  ["phase Running", object(foo, { status: { phase: "Running" } }), "Healthy"],
  [
    "state ProvisioningFailed",
    object(foo, { status: { state: "ProvisioningFailed" } }),
    "Degraded",
  ],
  ["status Provisioning", object(foo, { status: { status: "Provisioning" } }), "Progressing"],
  ["health yellow", object(foo, { status: { health: "yellow" } }), "Progressing"],
  ["phase Paused", object(foo, { status: { phase: "Paused" } }), "Suspended"],
  ["an error", object(foo, { status: { error: "boom" } }), "Degraded"],
  ["replicas missing", object(foo, { status: { replicas: 3, readyReplicas: 1 } }), "Progressing"],
  [
    "conditions per parent",
    object(foo, {
      status: {
        parents: [{ conditions: [condition("Accepted", "False", "NotAllowedByListeners")] }],
      },
    }),
    "Degraded",
  ],
  ["words that say nothing", object(foo, { status: { region: "eu" } }), "Healthy"],
];

const published: readonly Row[] = [
  [
    "CNPG hibernated",
    object("postgresql.cnpg.io/v1/Cluster", {
      metadata: { annotations: { "cnpg.io/hibernation": "on" } },
      ...conditions(condition("Ready", "True")),
    }),
    "Suspended",
  ],
  [
    "CNPG starting",
    object("postgresql.cnpg.io/v1/Cluster", {
      status: {
        phase: "Setting up primary",
        conditions: [condition("Ready", "False", "ClusterIsNotReady")],
      },
    }),
    "Progressing",
  ],
  [
    "TiDB with stores down",
    object(
      "pingcap.com/v1alpha1/TidbCluster",
      conditions(condition("Ready", "False", "TiKVStoreNotUp")),
    ),
    "Progressing",
  ],
  [
    "KubeVirt VM stopped",
    object("kubevirt.io/v1/VirtualMachine", { status: { printableStatus: "Stopped" } }),
    "Suspended",
  ],
  [
    "KubeVirt VM without a place",
    object("kubevirt.io/v1/VirtualMachine", { status: { printableStatus: "ErrorUnschedulable" } }),
    "Degraded",
  ],
  [
    "Crossplane synced, not ready",
    object("rds.aws.crossplane.io/v1/Instance", conditions(condition("Synced", "True"))),
    "Progressing",
  ],
  [
    "SpinApp past its deadline",
    object(
      "core.spinkube.dev/v1alpha1/SpinApp",
      conditions(condition("Progressing", "False", "ProgressDeadlineExceeded")),
    ),
    "Degraded",
  ],
  [
    "wadm application deployed",
    object("core.oam.dev/v1beta1/Application", { status: { phase: "Deployed" } }),
    "Healthy",
  ],
  [
    "KubeVela workflow waiting",
    object("core.oam.dev/v1beta1/Application", { status: { phase: "workflowSuspending" } }),
    "Suspended",
  ],
  [
    "Argo Application",
    object("argoproj.io/v1alpha1/Application", { status: { health: { status: "Missing" } } }),
    "Missing",
  ],
  [
    "Argo Rollout at a pause",
    object("argoproj.io/v1alpha1/Rollout", {
      status: { phase: "Paused", pauseConditions: [{ reason: "CanaryPauseStep" }] },
    }),
    "Suspended",
  ],
  ["ServiceMonitor", object("monitoring.coreos.com/v1/ServiceMonitor"), "Healthy"],
  [
    "Strimzi being created",
    object("kafka.strimzi.io/v1/Kafka", conditions(condition("NotReady", "True", "Creating"))),
    "Progressing",
  ],
];

describe("assessHealth", () => {
  test("what is absent is Missing, what goes away is Progressing", () => {
    expect(assessHealth(undefined).status).toBe("Missing");
    const going = object("v1/ConfigMap", {
      metadata: { deletionTimestamp: "2026-11-21T09:00:00Z" },
    });
    expect(assessHealth(going)).toEqual({ status: "Progressing", message: "being deleted" });
  });

  test("an observedGeneration may be a string of digits; a hash is none", () => {
    const at = (observedGeneration: string) =>
      assessHealth(object(foo, { status: { observedGeneration, phase: "Ready" } })).status;
    expect(at("1")).toBe("Healthy");
    expect(at("2")).toBe("Progressing");
    expect(at("8575574967")).toBe("Healthy");
  });

  test.each(deployments)("Deployment %s", (_, live, expected) => {
    expect(assessHealth(live).status).toBe(expected);
  });
  test.each(workloads)("%s", (_, live, expected) => {
    expect(assessHealth(live).status).toBe(expected);
  });
  test.each(others)("%s", (_, live, expected) => {
    expect(assessHealth(live).status).toBe(expected);
  });
  test.each(general)("a kind that nobody knows: %s", (_, live, expected) => {
    expect(assessHealth(live).status).toBe(expected);
  });
  test.each(published)("%s", (_, live, expected) => {
    expect(assessHealth(live).status).toBe(expected);
  });

  test("the version of a kind does not matter", () => {
    const old = object("apps/v1beta1/Deployment", { spec: { paused: true } });
    expect(assessHealth(old).status).toBe("Suspended");
  });

  test("a rule that crashes makes it Unknown and ends nothing", () => {
    const rules = {
      assess() {
        throw new Error("boom");
      },
    };
    expect(assessHealth(object(foo), rules)).toMatchObject({ status: "Unknown" });
  });

  test("no status, however strange, crashes a rule", () => {
    const types = [...deployments, ...workloads, ...others, ...published, ...general].map(
      ([, { apiVersion, kind }]) => `${apiVersion}/${kind}`,
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.jsonValue(),
        fc.jsonValue(),
        (type, spec, status) => {
          const found = assessHealth(object(type, { spec, status }));
          expect(healthStatuses).toContain(found.status);
          expect(found.message).not.toContain("health rule failed");
        },
      ),
    );
  });
});

describe("what counts", () => {
  test("claims and cron jobs are never awaited", () => {
    expect(isAwaited(object("v1/PersistentVolumeClaim"))).toBe(false);
    expect(isAwaited(object("batch/v1/CronJob"))).toBe(false);
    expect(isAwaited(object("apps/v1/Deployment"))).toBe(true);
  });

  test.each([
    ["holdfast.dev/reconcile", "disabled"],
    ["argocd.argoproj.io/ignore-healthcheck", "true"],
  ])("an object annotated %s: %s does not count", (key, value) => {
    const annotated = object(foo, { metadata: { annotations: { [key]: value } } });
    expect(isCounted(annotated)).toBe(false);
    expect(isAwaited(annotated)).toBe(false);
  });

  test("configuration needs no full watch, what has a status does", () => {
    expect(hasHealthRule({ group: "", kind: "Secret" })).toBe(false);
    expect(hasHealthRule({ group: "rbac.authorization.k8s.io", kind: "Role" })).toBe(false);
    expect(hasHealthRule({ group: "apps", kind: "Deployment" })).toBe(true);
    expect(hasHealthRule({ group: "example.com", kind: "Foo" })).toBe(true);
  });
});
