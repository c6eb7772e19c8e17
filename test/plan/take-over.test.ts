import fc from "fast-check";
import { expect, it } from "vitest";
import { isJsonObject } from "../../agent/model/json.ts";
import type { ManagedFieldsEntry } from "../../agent/model/object.ts";
import { takeOver } from "../../agent/plan/take-over.ts";
import { live, manager, object, ours } from "./builders.ts";

type Fields = { readonly [key: string]: Fields };

/** A set of paths as fieldsV1 spells it: a leaf is a member, `.` makes an inner node one. */
const fields: fc.Arbitrary<Fields> = fc.letrec<{ node: Fields; map: Fields }>((tie) => ({
  node: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, tie("map")),
  map: fc.dictionary(
    fc.constantFrom(".", "f:a", "f:b", 'k:{"name":"x"}', "v:1"),
    tie("node") as fc.Arbitrary<Fields>,
    { minKeys: 1, maxKeys: 4, depthIdentifier: "fields" },
  ),
})).map;

function members(value: unknown, path = ""): string[] {
  if (!isJsonObject(value)) return [];
  const keys = Object.keys(value);
  if (keys.length === 0) return [path];
  return keys.flatMap((key) => (key === "." ? [path] : members(value[key], `${path}/${key}`)));
}

function withoutDots(value: Fields): Fields {
  const entries = Object.entries(value).map(([key, child]) => [
    key,
    key === "." ? {} : withoutDots(child),
  ]);
  return Object.fromEntries(entries);
}

function after(entries: readonly ManagedFieldsEntry[]) {
  const base = object("ConfigMap", "web");
  return takeOver(live(base, { managedFields: entries }));
}

it("A-22: what stays of a legacy entry is exactly the set difference", () => {
  fc.assert(
    fc.property(fields, fields, (raw, rawOwn) => {
      const [theirs, own] = [withoutDots(raw), withoutDots(rawOwn)];
      const found = after([manager("kubectl", theirs), ours(own)]);
      const left = new Set(members(theirs));
      for (const path of members(own)) left.delete(path);
      const legacy = (found?.managedFields ?? [manager("kubectl", theirs)]).find(
        ({ manager }) => manager === "kubectl",
      );
      expect(new Set(members(legacy?.fieldsV1 ?? undefined))).toEqual(left);
      expect(legacy === undefined).toBe(left.size === 0);
    }),
    { numRuns: 300 },
  );
});

it("A-22: a second take-over finds nothing to do", () => {
  fc.assert(
    fc.property(fields, fields, (theirs, own) => {
      const found = after([manager("kubectl", theirs), ours(own)]);
      if (found !== undefined) expect(after(found.managedFields)).toBeUndefined();
    }),
  );
});

const legacy: readonly (readonly [string, Partial<ManagedFieldsEntry>])[] = [
  ["kubectl", {}],
  ["kubectl-client-side-apply", {}],
  ["kubectl-edit", {}],
  ["kubectl", { operation: "Apply" }],
  ["holdfast", { operation: "Update" }],
  ["before-first-apply", {}],
  ["ancient-changes", {}],
];

it.each(legacy)("A-21: %s %j is a legacy entry", (name, more) => {
  const found = after([
    manager(name, { "f:data": { "f:a": {} } }, more),
    ours({ "f:data": { "f:a": {} } }),
  ]);
  expect(found?.managedFields.map((entry) => entry.operation)).toEqual(["Apply"]);
});

it.each([
  ["kubectl", { subresource: "scale" }],
  ["helm", {}],
  ["argocd-controller", { operation: "Apply" as const }],
  ["kube-controller-manager", {}],
  ["kubectlish", {}],
])("A-21: %s %j is none", (name, more) => {
  const own = { "f:data": { "f:a": {} } };
  expect(after([manager(name, own, more), ours(own)])).toBeUndefined();
});

it("A-22: other entries and their order stay as they are", () => {
  const own = { "f:data": { "f:a": {} } };
  const first = manager("hpa", own);
  const last = manager("kubectl", own, { subresource: "status" });
  const entries = [first, manager("kubectl-edit", own), ours(own), last];
  expect(after(entries)?.managedFields).toEqual([first, ours(own), last]);
});

it("A-22: nothing is due before our own apply", () => {
  expect(after([manager("kubectl", { "f:data": {} })])).toBeUndefined();
});

it("A-27: fields that Git does not declare stay with their owner", () => {
  const found = after([
    manager("kubectl", { "f:spec": { "f:replicas": {}, "f:paused": {} } }),
    ours({ "f:spec": { "f:paused": {} } }),
  ]);
  expect(found?.managedFields[0]?.fieldsV1).toEqual({ "f:spec": { "f:replicas": {} } });
});

it("A-23: last-applied goes, even when no field is shared", () => {
  const key = "kubectl.kubernetes.io/last-applied-configuration";
  const base = object("ConfigMap", "web", {
    metadata: { name: "web", annotations: { [key]: "{}" } },
  });
  const found = takeOver(live(base, { managedFields: [ours({ "f:data": {} })] }));
  expect(found?.removeLastApplied).toBe(true);
});

it("A-21: a former tool's entries count only once a person let us take over", () => {
  const own = { "f:data": { "f:a": {} } };
  for (const name of ["argocd-controller", "helm", "kustomize-controller", "kluctl-x"]) {
    const base = live(object("ConfigMap", "web"), {
      managedFields: [manager(name, own), ours(own)],
    });
    expect(takeOver(base)).toBeUndefined();
    expect(takeOver(base, true)?.managedFields).toEqual([ours(own)]);
  }
  const operator = manager("postgres-operator", own);
  const base = live(object("ConfigMap", "web"), { managedFields: [operator, ours(own)] });
  expect(takeOver(base, true)).toBeUndefined();
});
