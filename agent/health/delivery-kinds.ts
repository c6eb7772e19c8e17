import { assessRollout } from "./argo-rollout.ts";
import { assessCommitStatus, assessPromotionStrategy } from "./promotion.ts";
import {
  at,
  degraded,
  healthy,
  type KindRule,
  numberAt,
  progressing,
  suspended,
  textAt,
} from "./read.ts";
import {
  configuration,
  firstOf,
  needs,
  pausedBy,
  type RuleTable,
  whenTrue,
  wordAt,
} from "./rules.ts";

const workflowWords = {
  Running: "Progressing",
  Pending: "Progressing",
  Succeeded: "Healthy",
  Successful: "Healthy",
  Failed: "Degraded",
  Error: "Degraded",
  Inconclusive: "Unknown",
} as const;

const workflow = firstOf(wordAt(["status", "phase"], workflowWords), () =>
  progressing("not started"),
);

const cronWorkflow: KindRule = firstOf(
  whenTrue("SubmissionError", degraded),
  whenTrue("SpecError", degraded),
  configuration,
);

const canary = wordAt(["status", "phase"], {
  Initialized: "Healthy",
  Succeeded: "Healthy",
  Failed: "Degraded",
  Waiting: "Progressing",
  WaitingPromotion: "Suspended",
});

/** An OCI repository of Helm has nothing that a controller would fetch. */
const helmRepository: KindRule = (object) =>
  at(object, "spec", "type") === "oci" ? healthy("static") : undefined;

const ansibleJob = firstOf(
  wordAt(["status", "ansibleJobResult", "status"], {
    successful: "Healthy",
    failed: "Degraded",
    error: "Degraded",
    canceled: "Degraded",
    new: "Progressing",
    pending: "Progressing",
    waiting: "Progressing",
    running: "Progressing",
  }),
  () => progressing("no result yet"),
);

const applicationSet = firstOf(
  whenTrue("ErrorOccurred", degraded),
  whenTrue("ResourcesUpToDate", healthy),
);

const tektonRun: KindRule = (object) =>
  at(object, "spec", "status") === "PipelineRunPending" ? suspended("pending") : undefined;

const spark = wordAt(["status", "applicationState", "state"], {
  RUNNING: "Healthy",
  COMPLETED: "Healthy",
  FAILED: "Degraded",
  FAILING: "Degraded",
  SUBMISSION_FAILED: "Degraded",
  UNKNOWN: "Unknown",
});

const flink = firstOf(
  wordAt(["status", "lifecycleState"], {
    STABLE: "Healthy",
    DEPLOYED: "Healthy",
    SUSPENDED: "Suspended",
    FAILED: "Degraded",
    ROLLED_BACK: "Degraded",
  }),
  wordAt(["status", "jobStatus", "state"], {
    RUNNING: "Healthy",
    FINISHED: "Healthy",
    SUSPENDED: "Suspended",
    FAILED: "Degraded",
    FAILING: "Degraded",
    CANCELED: "Degraded",
  }),
);

/** wasmCloud's wadm and KubeVela share the kind. */
const oamApplication = wordAt(["status", "phase"], {
  running: "Healthy",
  Deployed: "Healthy",
  workflowSuspending: "Suspended",
  workflowTerminated: "Degraded",
  workflowFailed: "Degraded",
  unhealthy: "Degraded",
  Undeployed: "Suspended",
});

const keptnTask = wordAt(["status", "status"], { Deprecated: "Degraded", Cancelled: "Degraded" });

/** A broadcast job counts its pods. */
const countedJob: KindRule = (object) => {
  const failed = numberAt(object, "status", "failed") ?? 0;
  if (failed > 0) return degraded(`${failed} pods failed`);
  return wordAt(["status", "phase"], { running: "Progressing", completed: "Healthy" })(object);
};

/** Keptn asks for values; an analysis ends with a verdict. */
const keptnMetric: KindRule = (object) => {
  const error = textAt(object, "status", "errMsg");
  if (error !== "") return degraded(error);
  const value = at(object, "status", "value");
  return value === undefined || value === "" ? progressing("no value yet") : healthy();
};

const keptnAnalysis: KindRule = (object) => {
  const isOver = textAt(object, "status", "state") === "Completed";
  const hasPassed =
    at(object, "status", "pass") === true || at(object, "status", "warning") === true;
  return isOver && !hasPassed ? degraded("the analysis did not pass") : undefined;
};

/** Kinds that deliver, promote and run things. */
export const deliveryKinds: RuleTable = {
  "argoproj.io/Rollout": assessRollout,
  "argoproj.io/Workflow": workflow,
  "argoproj.io/AnalysisRun": workflow,
  "argoproj.io/Experiment": workflow,
  "argoproj.io/CronWorkflow": cronWorkflow,
  "argoproj.io/AppProject": configuration,
  "argoproj.io/WorkflowTemplate": configuration,
  "argoproj.io/ClusterWorkflowTemplate": configuration,
  "argoproj.io/AnalysisTemplate": configuration,
  "argoproj.io/ClusterAnalysisTemplate": configuration,
  "argoproj.io/ApplicationSet": applicationSet,
  "argoproj.io/Application": firstOf(
    wordAt(["status", "health", "status"], {
      Healthy: "Healthy",
      Progressing: "Progressing",
      Degraded: "Degraded",
      Suspended: "Suspended",
      Missing: "Missing",
      Unknown: "Unknown",
    }),
    () => progressing("no health yet"),
  ),
  "promoter.argoproj.io/PromotionStrategy": assessPromotionStrategy,
  "promoter.argoproj.io/ArgoCDCommitStatus": assessCommitStatus,
  "promoter.argoproj.io/*": needs("Ready"),
  "source.toolkit.fluxcd.io/HelmRepository": helmRepository,
  "notification.toolkit.fluxcd.io/Alert": configuration,
  "notification.toolkit.fluxcd.io/Provider": configuration,
  "kustomize.toolkit.fluxcd.io/*": pausedBy("kustomize.toolkit.fluxcd.io/reconcile", "disabled"),
  "flagger.app/Canary": canary,
  "flagger.app/MetricTemplate": configuration,
  "tekton.dev/PipelineRun": tektonRun,
  "tekton.dev/Task": configuration,
  "tekton.dev/Pipeline": configuration,
  "tower.ansible.com/AnsibleJob": ansibleJob,
  "sparkoperator.k8s.io/SparkApplication": spark,
  "flink.apache.org/FlinkDeployment": flink,
  "core.oam.dev/Application": oamApplication,
  "lifecycle.keptn.sh/*": keptnTask,
  "metrics.keptn.sh/KeptnMetric": keptnMetric,
  "metrics.keptn.sh/Analysis": keptnAnalysis,
  "apps.kruise.io/BroadcastJob": countedJob,
};
