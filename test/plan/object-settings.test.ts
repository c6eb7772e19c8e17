import { describe, expect, it } from "vitest";
import { objectSettings } from "../../agent/plan/object-settings.ts";

function settings(annotations: Readonly<Record<string, string>>) {
  return objectSettings({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", annotations },
  });
}

describe("annotations of an object (§4.4)", () => {
  it("without any, nothing is special", () => {
    const plain = { reconcileDisabled: false, createOnly: false, recreate: false };
    expect(objectSettings({ apiVersion: "v1", kind: "A", metadata: { name: "a" } })).toEqual(plain);
    expect(
      settings({ "holdfast.dev/prune": "enabled", "helm.sh/resource-policy": "other" }),
    ).toEqual(plain);
  });

  it.each([
    ["holdfast.dev/prune", "disabled"],
    ["helm.sh/resource-policy", "keep"],
    ["argocd.argoproj.io/sync-options", "Prune=false"],
    ["argocd.argoproj.io/sync-options", "SkipDryRun=true, Delete=false"],
    ["cli-utils.sigs.k8s.io/on-remove", "keep"],
    ["kustomize.toolkit.fluxcd.io/prune", "disabled"],
    ["kustomize.toolkit.fluxcd.io/prune", "Disabled"],
  ])("%s: %s protects from deletion, and is named", (key, value) => {
    expect(settings({ [key]: value }).pruneDisabled).toContain(key);
  });

  it.each([
    [{ "holdfast.dev/reconcile": "disabled" }, { reconcileDisabled: true }],
    [
      { "kustomize.toolkit.fluxcd.io/ssa": "Ignore" },
      { reconcileDisabled: true, createOnly: false },
    ],
    [{ "holdfast.dev/create-only": "enabled" }, { createOnly: true }],
    [
      { "kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent" },
      { createOnly: true, reconcileDisabled: false },
    ],
    [{ "holdfast.dev/recreate": "enabled" }, { recreate: true }],
    [{ "holdfast.dev/hold-until": "2026-01-01T00:00:00Z" }, { holdUntil: "2026-01-01T00:00:00Z" }],
  ])("%j means %j", (annotations, expected) => {
    expect(settings(annotations)).toMatchObject(expected);
  });

  it("Argo's confirm asks a person, and is no protection by itself", () => {
    const confirm = settings({ "argocd.argoproj.io/sync-options": "Prune=confirm" });
    expect(confirm.deleteConfirm).toContain("Prune=confirm");
    expect(confirm.pruneDisabled).toBeUndefined();
  });
});
