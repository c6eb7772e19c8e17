import { type Reason, reasonInfo, reasons } from "../model/reason.ts";

/** Who exports it: every pod, or only the leader: per cluster, source or app (observability §5.1). */
export type Scope = "pod" | "cluster" | "source" | "app";

/** `app` and `source`: names of what is followed; `document`: from a document or setting; else the closed list. */
export type LabelValues = "app" | "source" | "document" | readonly string[];

export interface MetricRow {
  readonly type: "gauge" | "counter" | "histogram";
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelValues>>;
  readonly scope: Scope;
  /** Part of the fleet set (observability §5.3). */
  readonly fleet?: true;
  /** Seconds. */
  readonly buckets?: readonly number[];
  /** The label sets that exist from the start, where not all combinations make sense. */
  readonly start?: readonly Readonly<Record<string, string>>[];
}

export const results = ["success", "error"] as const;
/** The one label of most series of an app. */
export const appLabel = { app: "app" } as const;
/** Every reason that a unit can be in. */
export const unitReasons: readonly Reason[] = Object.keys(reasons)
  .filter(isReason)
  .filter(isUnitReason);

function isReason(key: string): key is Reason {
  return Object.hasOwn(reasons, key);
}

function isUnitReason(reason: Reason): boolean {
  return reasonInfo(reason).state !== undefined;
}
