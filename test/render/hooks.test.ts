import { describe, expect, it } from "vitest";
import { hookOf, waveOf } from "../../agent/model/hook.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { type NormalizeContext, normalize } from "../../agent/render/normalize.ts";
import { hasher } from "../fleet/fleet-files.ts";
import { unitOf } from "./unit-of.ts";

const context: NormalizeContext = {
  unit: unitOf(),
  installation: "i",
  agentNamespace: "holdfast-system",
  scopeOf: () => "namespaced",
  hasher,
};

function job(annotations: Record<string, string>, name = "a"): KubeObject {
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name, annotations }, spec: {} };
}

function normalized(...objects: readonly KubeObject[]) {
  const items = objects.map((object) => ({
    ...{ object, file: "a.yaml", line: 1 },
    positionOf: () => undefined,
  }));
  return normalize(items, context);
}

const argo = (events: string) => ({ "argocd.argoproj.io/hook": events });
const helm = (events: string) => ({ "helm.sh/hook": events });
const ours = (phase: string) => ({ "holdfast.dev/hook": phase });

describe("hooks are read as ours (O-10)", () => {
  it.each([
    [ours("pre"), ["pre"]],
    [ours("failure"), ["failure"]],
    [argo("PreSync"), ["pre"]],
    [argo("PostSync, SyncFail"), ["post", "failure"]],
    [helm("pre-install,pre-upgrade"), ["pre"]],
    [helm("pre-install,post-upgrade"), ["pre", "post"]],
    [helm("test,post-install"), ["post"]],
  ])("%j runs %j", (annotations, phases) => {
    expect(hookOf(job(annotations))?.phases).toEqual(phases);
  });

  it("R33: of two tools that contradict, ours wins, then Argo CD's", () => {
    const both = { ...helm("pre-install"), ...argo("PostSync") };
    expect(hookOf(job(both))?.phases).toEqual(["post"]);
    expect(hookOf(job({ ...both, ...ours("failure") }))?.phases).toEqual(["failure"]);
    const waves = { ...helm("pre-install"), "helm.sh/hook-weight": "3" };
    expect(waveOf(job(waves))).toBe(3);
    expect(waveOf(job({ ...waves, "argocd.argoproj.io/sync-wave": "-2" }))).toBe(-2);
    expect(waveOf(job({ "helm.sh/hook-weight": "3" }))).toBe(0);
  });

  it("O-17: deletion policies are understood in every spelling", () => {
    const policy = (key: string, value: string) =>
      hookOf(job({ ...ours("pre"), [key]: value }))?.deletions;
    expect(policy("helm.sh/hook-delete-policy", "before-hook-creation,hook-succeeded")).toEqual([
      "hook-succeeded",
    ]);
    expect(policy("argocd.argoproj.io/hook-delete-policy", "HookFailed, HookSucceeded")).toEqual([
      "hook-succeeded",
      "hook-failed",
    ]);
    expect(policy("holdfast.dev/hook-delete-policy", "hook-failed")).toEqual(["hook-failed"]);
    expect(hookOf(job(ours("pre")))?.deletions).toEqual([]);
  });

  it("case 7: they are no ordinary objects, and a change of one is a change of the render (O-18)", () => {
    const web = job({}, "web");
    const one = normalized(web, job(ours("pre")));
    expect(one.desired.map(({ ref }) => ref.name)).toEqual(["web"]);
    expect(one.hooks.map(({ ref }) => ref.name)).toEqual(["a"]);
    expect(normalized(web, job(ours("post"))).digest).not.toBe(one.digest);
    expect(normalized(web).digest).not.toBe(one.digest);
  });

  it.each(["crd-install", "crd-install,pre-install", ""])("%j is an ordinary object", (events) => {
    expect(normalized(job(helm(events))).desired).toHaveLength(1);
  });

  it.each(["post-delete", "pre-rollback", "test,pre-delete"])(
    "helm's %s is not applied, and said",
    (events) => {
      const { desired, hooks, warnings } = normalized(job(helm(events)));
      expect([...desired, ...hooks]).toEqual([]);
      expect(warnings).toMatchObject([{ reason: "HookSkipped", ref: { name: "a" } }]);
      expect(warnings[0]?.message).toContain(events.split(",")[0]);
    },
  );

  it.each([argo("Sync"), argo("PreSnyc")])(
    "Argo CD's %j is not applied, and said",
    (annotations) => {
      const { desired, hooks, warnings } = normalized(job(annotations));
      expect([...desired, ...hooks]).toEqual([]);
      expect(warnings).toMatchObject([{ reason: "HookSkipped" }]);
    },
  );

  it.each([helm("test"), helm("test-success"), argo("Skip")])(
    "%j is not applied, which surprises nobody: no Event",
    (annotations) => {
      const { desired, hooks, warnings } = normalized(job(annotations));
      expect([...desired, ...hooks]).toEqual([]);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).not.toHaveProperty("reason");
    },
  );
});
