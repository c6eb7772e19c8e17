import type { OnRemove } from "./inventory.ts";
import type { JsonObject } from "./json.ts";

/** A cluster as its document in Git describes it. Labels come from Git, never from the cluster itself. */
export interface ClusterTarget {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: JsonObject;
  readonly uid?: string;
  readonly kubernetes?: string;
  /** ISO 8601 `until`. */
  readonly suspend?: { readonly reason: string; readonly until: string };
}

/** One `drift.ignore` rule (A-50). */
export interface IgnoreRule {
  /** `Deployment` or `Deployment.apps`. */
  readonly kind: string;
  readonly name?: string;
  readonly namespace?: string;
  /** JSON pointers, `*` for any key or item. */
  readonly fields: readonly string[];
  /** `name` or `name:subresource`. */
  readonly managers: readonly string[];
}

/** One `health.rules` entry (semantics §5.3); CEL texts. */
export interface HealthRule {
  readonly kind: string;
  readonly healthy?: string;
  readonly progressing?: string;
  readonly degraded?: string;
  readonly suspended?: string;
}

export type Renderer =
  | { readonly kind: "auto" }
  | { readonly kind: "plain" }
  | { readonly kind: "kustomize" }
  | {
      readonly kind: "helm";
      readonly chart: ChartRef;
      readonly releaseName: string;
      readonly valuesFiles: readonly string[];
    };

export type ChartRef =
  | { readonly from: "path"; readonly path: string }
  | { readonly from: "oci"; readonly url: string; readonly version: string }
  | {
      readonly from: "repository";
      readonly url: string;
      readonly name: string;
      readonly version: string;
    };

/** One app on one cluster, with overrides merged, expressions of the document resolved and defaults filled in. */
export interface Unit {
  readonly app: string;
  readonly cluster: ClusterTarget;
  /** Path of the App document. */
  readonly file: string;
  /** Folder of the App document: what the unit may read besides `shared`. */
  readonly folder: string;
  /** Folder that is rendered; inside `folder` or a shared one. */
  readonly path: string;
  readonly shared: readonly string[];
  /** Namespace of namespaced objects that name none. */
  readonly namespace: string;
  /** Equal on all clusters (semantics §0.2). */
  readonly changeId: string;
  readonly renderer: Renderer;
  readonly values: JsonObject;
  readonly mode: "enforce" | "observe";
  readonly prune: {
    readonly enabled: boolean;
    /** 0 to 1. */
    readonly maxShare: number;
    readonly accept?: { readonly plan: string; readonly max?: number };
  };
  readonly drift: {
    readonly mode: "heal" | "report";
    readonly graceMs: number;
    readonly ignore: readonly IgnoreRule[];
  };
  readonly health: { readonly timeoutMs: number; readonly rules: readonly HealthRule[] };
  readonly onFailure: "keep" | "rollback";
  readonly onRemove: OnRemove;
  readonly dependsOn: readonly string[];
  readonly rollout?: string;
  readonly owner?: { readonly team?: string; readonly contact?: string };
  /** Kinds that are never pruned unasked, beyond the shipped list (P-22): `StatefulSet` or `group/*`. */
  readonly protect: readonly string[];
  /** Name of the account to act as, in the app's namespace. */
  readonly serviceAccount?: string;
  readonly holdUntilMaxMs: number;
}
