import { describe, expect, it } from "vitest";
import { hookResult } from "../../agent/health/hook-result.ts";
import type { KubeObject } from "../../agent/model/object.ts";

function live(apiVersion: string, kind: string, status: object): KubeObject {
  return { apiVersion, kind, metadata: { name: "h" }, spec: {}, status };
}

const is = (type: string) => ({
  conditions: [{ type, status: "True", reason: "R", message: "m" }],
});
function going(object: KubeObject): KubeObject {
  return { ...object, metadata: { name: "h", deletionTimestamp: "2026-11-21T09:00:00Z" } };
}

describe("how a hook ended (O-17)", () => {
  it.each([
    ["a Job that completed", live("batch/v1", "Job", is("Complete")), "succeeded"],
    ["a Job that failed", live("batch/v1", "Job", is("Failed")), "failed"],
    ["a Job that will have failed", live("batch/v1", "Job", is("FailureTarget")), "running"],
    ["a suspended Job", live("batch/v1", "Job", is("Suspended")), "running"],
    [
      "a Job that completed and is being deleted",
      going(live("batch/v1", "Job", is("Complete"))),
      "succeeded",
    ],
    ["a Pod that is Ready", live("v1", "Pod", { phase: "Running", ...is("Ready") }), "running"],
    ["a Pod that ended", live("v1", "Pod", { phase: "Succeeded" }), "succeeded"],
    ["a Pod that failed", live("v1", "Pod", { phase: "Failed" }), "failed"],
    [
      "a Pod that cannot pull its image yet",
      live("v1", "Pod", waiting("ImagePullBackOff")),
      "running",
    ],
    [
      "an Argo Workflow that failed",
      live("argoproj.io/v1alpha1", "Workflow", { phase: "Failed" }),
      "failed",
    ],
    ["a ConfigMap", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "h" } }, "succeeded"],
    [
      "a resource that may recover (O-24)",
      live("example.com/v1", "Widget", is("Failed")),
      "running",
    ],
    ["a resource that is ready", live("example.com/v1", "Widget", is("Ready")), "succeeded"],
  ] as const)("%s", (_what, object, expected) => {
    expect(hookResult(object, undefined).is).toBe(expected);
  });
});

function waiting(reason: string) {
  return { phase: "Pending", containerStatuses: [{ name: "a", state: { waiting: { reason } } }] };
}
