import type { Health } from "../model/health.ts";
import { isJsonObject, parseJson } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";
import {
  conditionsOf,
  currentConditions,
  degraded,
  healthy,
  progressing,
  type StatusCondition,
  words,
} from "./read.ts";

/** Any failing condition beats an earlier good one; its first metrics need time (§5.4). */
export function assessHorizontalPodAutoscaler(object: KubeObject): Health {
  const conditions = [...conditionsOf(object), ...annotatedConditions(object)];
  const broken = conditions.find(isBroken);
  if (broken !== undefined) return degraded(words(broken));
  const isWorking = conditions.some(
    ({ type, status }) =>
      status === "True" && (type === "AbleToScale" || type === "ScalingLimited"),
  );
  return isWorking ? healthy() : progressing("waiting for its first metrics");
}

function isBroken({ type, reason }: StatusCondition): boolean {
  if (type === "AbleToScale") return reason === "FailedGetScale" || reason === "FailedUpdateScale";
  if (type !== "ScalingActive") return false;
  return (
    reason === "InvalidSelector" ||
    reason === "FailedComputeMetricsReplicas" ||
    (reason.startsWith("FailedGet") && reason.endsWith("Metric"))
  );
}

/** autoscaling/v1 has no conditions field; the API server puts them into an annotation. */
function annotatedConditions(object: KubeObject): readonly StatusCondition[] {
  const text = object.metadata.annotations?.["autoscaling.alpha.kubernetes.io/conditions"];
  if (text === undefined) return [];
  try {
    const list = parseJson(text);
    return Array.isArray(list) ? currentConditions(list.filter(isJsonObject), undefined) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
