import { describe, expect, it } from "vitest";
import type { Change } from "../../agent/model/change.ts";
import { type KubeObject, refOf, versionOf } from "../../agent/model/object.ts";
import { type Going, pruneSteps } from "../../agent/plan/prune-order.ts";
import { live, object } from "./builders.ts";

function going(of: KubeObject): Going {
  const found = live(of);
  const change: Change = {
    action: "delete",
    ref: refOf(of),
    version: "v1",
    over: versionOf(found),
    live: found,
  };
  return { change, live: found };
}

/** One line a step: ranks in order, `!` where the next step waits until all of it is gone. */
function steps(...objects: readonly KubeObject[]): readonly string[] {
  return pruneSteps(objects.map(going)).map(({ ranks, isAwaited }) => {
    const kinds = ranks.map((rank) => rank.map(({ change }) => change.ref.kind).join("+"));
    return `${kinds.join(" ")}${isAwaited ? " !" : ""}`;
  });
}

const resource = object("Widget", "w", { apiVersion: "example.com/v1" });
const crd = object("CustomResourceDefinition", "widgets.example.com");
const operator = object("Deployment", "operator");
const webhook = object("ValidatingWebhookConfiguration", "hook", {
  apiVersion: "admissionregistration.k8s.io/v1",
});
const inWave = (wave: number, of: KubeObject): KubeObject => ({
  ...of,
  metadata: { ...of.metadata, annotations: { "holdfast.dev/wave": String(wave) } },
});

describe("the order of pruning", () => {
  it("P-81, O-25: custom resources, awaited, then the controller, accounts and roles late, the definition last", () => {
    const all = [
      crd,
      operator,
      object("ServiceAccount", "sa"),
      object("ClusterRole", "r"),
      resource,
    ];
    const bindings = object("RoleBinding", "b");
    expect(steps(...all, bindings, object("Service", "s"))).toEqual([
      "Widget !",
      "Deployment Service RoleBinding ServiceAccount ClusterRole+CustomResourceDefinition",
    ]);
  });

  it("A-123: webhook configurations go first", () => {
    expect(steps(operator, webhook, resource)).toEqual([
      "ValidatingWebhookConfiguration",
      "Widget !",
      "Deployment",
    ]);
  });

  it("O-1: without custom resources it is the exact reverse of applying, and nothing is awaited", () => {
    const all = ["ConfigMap", "Namespace", "Deployment", "Service", "StorageClass"];
    expect(steps(...all.map((kind) => object(kind, "x")))).toEqual([
      "Deployment Service ConfigMap StorageClass Namespace",
    ]);
  });

  it("custom resources alone are not waited for: their controller stays", () => {
    expect(steps(resource, object("ConfigMap", "c"))).toEqual(["Widget", "ConfigMap"]);
  });

  it("O-14: waves from the last to the first, each gone before the next, as they live", () => {
    const early = inWave(-1, object("ConfigMap", "early"));
    const late = inWave(5, object("Secret", "late"));
    expect(steps(early, late, operator)).toEqual(["Secret !", "Deployment !", "ConfigMap"]);
  });

  it("O-21: what names another as its dependency is gone before that one goes", () => {
    const needs = (of: KubeObject, on: string): KubeObject => ({
      ...of,
      metadata: { ...of.metadata, annotations: { "config.kubernetes.io/depends-on": on } },
    });
    const database = object("Secret", "db");
    const settings = needs(object("ConfigMap", "c"), "/namespaces/shop/Secret/db");
    const web = needs(object("Service", "s"), "/namespaces/shop/ConfigMap/c");
    expect(steps(database, settings, web)).toEqual(["Service !", "ConfigMap !", "Secret"]);
    const circle = needs(database, "/namespaces/shop/ConfigMap/c");
    expect(steps(circle, settings)).toEqual(["Secret+ConfigMap"]);
  });
});
