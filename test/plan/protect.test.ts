import { expect, it } from "vitest";
import type { ChangeResult } from "../../agent/model/change.ts";
import { refOf } from "../../agent/model/object.ts";
import { blockedBy, isResourceOf } from "../../agent/plan/blocked.ts";
import { isProtectedKind } from "../../agent/plan/protect.ts";
import { desired, object } from "./builders.ts";

it.each([
  ["Widget", "example.com", ["Widget"], true],
  ["Widget", "example.com", ["Widget.example.com"], true],
  ["Widget", "example.com", ["Widget.other.com"], false],
  ["Widget", "example.com", ["example.com/*"], true],
  ["Widget", "example.com", ["example.com/Widget"], true],
  ["Widget", "example.com", ["example.com/Gadget"], false],
  ["Widget", "a.example.com", ["*.example.com/*"], true],
  ["Widget", "example.com", ["*.example.com/*"], false],
  ["Widget", "notexample.com", ["example.com/*"], false],
  ["Service", "", ["Service"], true],
  ["Widget", "example.com", [], false],
] as const)("P-22: %s of %j under %j: %s", (...[kind, group, extra, is]) => {
  const one = object(kind, "x", { apiVersion: group === "" ? "v1" : `${group}/v1` });
  expect(isProtectedKind(one, { group, kind }, extra)).toBe(is);
});

function failed(kind: string, name: string): ChangeResult {
  const ref = refOf(object(kind, name));
  const problem = { reason: "Rejected", message: "no" } as const;
  return { change: { action: "fail", ref, problem }, outcome: "failed", problem, warnings: [] };
}

const widget = object("Widget", "w", { apiVersion: "example.com/v1" });
const binding = object("RoleBinding", "b", { roleRef: { kind: "Role", name: "r" } });

it.each([
  ["members of its namespace", object("ConfigMap", "c"), failed("Namespace", "shop"), true],
  ["members of no other namespace", object("ConfigMap", "c"), failed("Namespace", "other"), false],
  ["its resources", widget, failed("CustomResourceDefinition", "widgets.example.com"), true],
  [
    "no resources of another group",
    widget,
    failed("CustomResourceDefinition", "widgets.b.com"),
    false,
  ],
  [
    "no resources of another kind",
    widget,
    failed("CustomResourceDefinition", "widgetsets.example.com"),
    false,
  ],
  ["bindings to it", binding, failed("Role", "r"), true],
  ["no bindings to another role", binding, failed("Role", "other"), false],
  ["nobody else", object("Deployment", "d"), failed("ConfigMap", "c"), false],
] as const)("A-6: what failed blocks %s", (...[, one, result, is]) => {
  expect(blockedBy(desired(one), [result]) !== undefined).toBe(is);
});

it("A-6: what is done, or let alone, blocks nothing", () => {
  const { change } = failed("Namespace", "shop");
  const map = desired(object("ConfigMap", "c"));
  const skip = { action: "skip", ref: change.ref, why: "x", forget: false } as const;
  const blocks = (result: Partial<ChangeResult>) =>
    blockedBy(map, [{ change, outcome: "unchanged", warnings: [], ...result }]) !== undefined;
  expect(blocks({})).toBe(false);
  expect(blocks({ outcome: "reported" })).toBe(false);
  expect(blocks({ outcome: "skipped", change: skip })).toBe(false);
  expect(blocks({ outcome: "skipped", change: { ...skip, waits: "Applying" } })).toBe(true);
  expect(blocks({ outcome: "held" })).toBe(true);
  expect(blocks({ outcome: "unknown" })).toBe(true);
});

it.each([
  ["Policy", "policies"],
  ["Widget", "widgets"],
  ["Ingress", "ingresses"],
  ["Gateway", "gateways"],
])("4.5-6: a %s is a resource of %s", (kind, plural) => {
  expect(isResourceOf({ group: "example.com", kind }, `${plural}.example.com`)).toBe(true);
  expect(isResourceOf({ group: "other.com", kind }, `${plural}.example.com`)).toBe(false);
});
