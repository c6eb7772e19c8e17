import { type Reason, reasonInfo, reasons } from "../model/reason.ts";
import { stages } from "../model/state.ts";
import { appLabel, type MetricRow, results, unitReasons } from "./metric-row.ts";

/** Field managers that get their own label value; any other counts as `other`. */
export const knownManagers = [
  ...["kubectl", "kubectl-edit", "kubectl-client-side-apply", "kubectl-patch", "kubectl-scale"],
  ...["helm", "argocd-controller", "kustomize-controller", "kube-controller-manager", "other"],
] as const;

export const blockReasons = ["PruneGuard", "ProtectedKind", "EmptyRender", "InventoryLost"];
/** What a pass can end with that is neither fine nor on its way. */
const errorReasons = unitReasons.filter(isErrorReason);

function isErrorReason(reason: Reason): boolean {
  const { state } = reasonInfo(reason);
  return state !== undefined && !["Synced", "Suspended", "Progressing"].includes(state);
}

const phaseBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** What passes do. */
export const workRows = {
  holdfast_reconciles_total: {
    type: "counter",
    help: "Passes over the app.",
    labels: { ...appLabel, result: results },
    scope: "app",
  },
  holdfast_reconcile_errors_total: {
    type: "counter",
    help: "Passes that ended with an error, by what broke.",
    labels: { stage: stages, reason: unitReasons },
    start: errorReasons.map((reason) => ({ stage: reasons[reason].stage, reason })),
    scope: "cluster",
  },
  holdfast_reconcile_phase_duration_seconds: {
    type: "histogram",
    help: "Where the time of a pass goes.",
    labels: { phase: ["render", "observe", "apply", "prune", "health"] },
    buckets: phaseBuckets,
    scope: "cluster",
  },
  holdfast_renders_total: {
    type: "counter",
    help: "Renders; limit: the child was ended.",
    labels: {
      renderer: ["plain", "kustomize", "helm"],
      result: ["success", "cached", "error", "limit"],
    },
    scope: "cluster",
  },
  holdfast_apply_operations_total: {
    type: "counter",
    help: "Writes of objects; flat when converged.",
    labels: { operation: ["create", "update", "recreate", "delete", "adopt"], result: results },
    scope: "cluster",
  },
  holdfast_pruned_objects_total: {
    type: "counter",
    help: "Objects deleted because Git no longer declares them.",
    labels: appLabel,
    scope: "app",
  },
  holdfast_prune_blocked_total: {
    type: "counter",
    help: "Deletions that a guard stopped, once per plan.",
    labels: { ...appLabel, reason: blockReasons },
    scope: "app",
  },
  holdfast_drift_detected_total: {
    type: "counter",
    help: "Objects that others changed.",
    labels: { ...appLabel, type: ["modified", "missing", "extra"] },
    scope: "app",
  },
  holdfast_drift_corrected_total: {
    type: "counter",
    help: "Healed objects, and healings that failed.",
    labels: { ...appLabel, result: results },
    scope: "app",
  },
  holdfast_fights_total: {
    type: "counter",
    help: "Fights begun: a field is rewritten again and again.",
    labels: appLabel,
    scope: "app",
    fleet: true,
  },
  holdfast_apply_conflicts_total: {
    type: "counter",
    help: "Field conflicts, by the manager that owns the field.",
    labels: { manager: knownManagers },
    scope: "cluster",
  },
} as const satisfies Record<string, MetricRow>;
