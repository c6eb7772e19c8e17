import { describe, expect, it } from "vitest";
import { groupDiffs, type UnitDiff, variantName } from "../../../cli/output/diff-report.ts";
import { diffText } from "../../../cli/output/diff-text.ts";
import { valueLines } from "../../../cli/output/diff-value.ts";
import { createMasker, maskSecret } from "../../../cli/output/mask-secrets.ts";
import { plainStyle } from "../../../cli/output/style.ts";

const web = { group: "apps", kind: "Deployment", namespace: "web", name: "web" };
const flags = { group: "", kind: "ConfigMap", namespace: "web", name: "flags" };
const image = { path: "spec.image", pointer: "/spec/image", live: "web:1", desired: "web:2" };

function unit(cluster: string, more: Partial<UnitDiff> = {}): UnitDiff {
  const objects = [
    { action: "update", ref: web, file: "apps/web/d.yaml", line: 3, fields: [image] },
    { action: "delete", ref: flags, fields: [] },
  ] as const;
  return { app: "web", cluster, environment: "prod", objects, unchanged: 4, ...more };
}

const plain = { short: false, clusters: false, full: false };

describe("diffs of a fleet", () => {
  it("make one variant of equal effects, whoever owns the fields now", () => {
    const owned = { ...image, manager: "kubectl-edit", time: "2026-11-21T09:00:00Z" };
    const other = unit("b", {
      objects: [{ action: "update", ref: web, fields: [owned] }, unit("b").objects[1]!],
    });
    const [app] = groupDiffs([unit("a"), other]);
    expect(app?.variants.map(({ clusters }) => clusters)).toEqual([["a", "b"]]);
  });

  it("say how a variant differs from the one that most clusters share", () => {
    const apps = groupDiffs([
      unit("c", { objects: unit("c").objects.slice(0, 1) }),
      unit("a"),
      unit("b"),
    ]);
    expect(
      diffText(apps, plain, plainStyle),
    ).toBe(`web · prod · 3 clusters in 2 variants                1 update  1 delete  4 unchanged

variant A · 2 clusters: a, b
~ Deployment web/web                                 apps/web/d.yaml:3
    spec.image
  - web:1
  + web:2
- ConfigMap web/flags

variant B · 1 cluster: c: as A, without ConfigMap web/flags
`);
  });

  it("leave out units in which nothing happens, and name at most three clusters", () => {
    const many = ["a", "b", "c", "d"].map((name) => unit(name));
    const apps = groupDiffs([...many, unit("e", { objects: [] })]);
    expect(apps[0]?.clusters).toBe(4);
    expect(diffText(apps, plain, plainStyle)).toContain("4 clusters: a, b, c … (--clusters)");
    expect(diffText(apps, { ...plain, clusters: true }, plainStyle)).toContain("a, b, c, d\n");
    expect(diffText(apps, { ...plain, short: true }, plainStyle).split("\n")).toHaveLength(2);
  });

  it("name variants A to Z and on", () => {
    expect([0, 25, 26, 51, 52].map(variantName)).toEqual(["A", "Z", "AA", "AZ", "BA"]);
  });
});

describe("values", () => {
  it("show of long texts only what differs, with a little around it", () => {
    const lines = Array.from({ length: 9 }, (_none, index) => `line ${index}`);
    const after = lines.map((line) => (line === "line 4" ? "changed" : line));
    expect(
      valueLines(lines.join("\n"), after.join("\n")).map(({ sign, text }) => sign + text),
    ).toEqual([" …", " line 2", " line 3", "-line 4", "+changed", " line 5", " line 6", " …"]);
  });

  it("that come or go have one side only", () => {
    expect(valueLines(undefined, "x")).toEqual([{ sign: "+", text: "x" }]);
    expect(valueLines({ a: 1 }, undefined)).toEqual([{ sign: "-", text: "a: 1" }]);
  });
});

describe("Secrets", () => {
  const secret = (token: string) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: "t",
      annotations: {
        "kubectl.kubernetes.io/last-applied-configuration": token,
        "holdfast.dev/prune": "disabled",
      },
    },
    data: { token, same: "QQ==" },
  });

  it("appear by ordinal, equal values alike, nothing of them in the text", () => {
    const mask = createMasker();
    const before = maskSecret(secret("aHVudGVyMg=="), mask);
    const after = maskSecret(secret("aHVudGVyMw=="), mask);
    expect(before.data).toEqual({ token: "*** #1", same: "*** #2" });
    expect(after.data).toEqual({ token: "*** #3", same: "*** #2" });
    expect(JSON.stringify([before, after])).not.toContain("aHVudGVy");
    expect(before.metadata.annotations?.["holdfast.dev/prune"]).toBe("disabled");
  });

  it("are what they are by kind: a ConfigMap stays readable", () => {
    const map = { ...secret("x"), kind: "ConfigMap" };
    expect(maskSecret(map, createMasker())).toBe(map);
  });
});
