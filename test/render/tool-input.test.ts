import { describe, expect, it } from "vitest";
import type { Unit } from "../../agent/model/unit.ts";
import { readChart } from "../../agent/render/chart.ts";
import { readKustomization } from "../../agent/render/kustomization.ts";
import { plainFiles } from "../../agent/render/plain-files.ts";
import { type Contents, commitOf } from "../fleet/fleet-files.ts";
import { unitOf } from "./unit-of.ts";

const unit = unitOf({ shared: ["lib"] });

function kustomization(contents: Contents) {
  return readKustomization(unit, commitOf(contents).files);
}

function chart(contents: Contents, more: Partial<Unit> = {}) {
  return readChart({ ...unit, ...more }, commitOf(contents).files);
}

function helmUnit(path: string, valuesFiles: readonly string[] = []): Partial<Unit> {
  return {
    renderer: { kind: "helm", chart: { from: "path", path }, releaseName: "shop", valuesFiles },
  };
}

describe("what a kustomization is made of", () => {
  it("follows bases and components, through shared folders, once each", () => {
    const read = kustomization({
      "apps/shop/kustomization.yaml": "resources: [a.yaml, ../../lib/base]\ncomponents: [c]",
      "apps/shop/a.yaml": "x",
      "apps/shop/c/kustomization.yaml": "kind: Component\nresources: [d.yaml]",
      "apps/shop/c/d.yaml": "x",
      "lib/base/kustomization.yml": "bases: [../other]\nresources: [b.yaml]",
      "lib/base/b.yaml": "x",
      "lib/other/Kustomization": "resources: [../base]",
    });
    expect(read).toEqual({
      ok: true,
      value: {
        file: "apps/shop/kustomization.yaml",
        resources: ["apps/shop/a.yaml", "apps/shop/c/d.yaml", "lib/base/b.yaml"],
      },
    });
  });

  it.each([
    "https://example.com/x.yaml",
    "http://example.com/x.yaml",
    "github.com/org/repo",
    "github.com/org/repo//base?ref=v1",
    "git@github.com:org/repo.git",
    "git::https://example.com/x",
    "ssh://git@example.com/x",
    "file:///etc",
    "gh:org/repo",
    "user@host.example.com:org/repo",
    "host.example.com/org/repo.git//x",
  ])("refuses %s before anything starts, with what to do (R15)", (address) => {
    const problems = [
      { "apps/shop/kustomization.yaml": `resources:\n  - ${address}` },
      { "apps/shop/kustomization.yaml": `Resources:\n  - ${address}` },
      { "apps/shop/kustomization.yaml": `patches:\n  - path: ${address}` },
      { "apps/shop/kustomization.yaml": `configMapGenerator:\n  - files: ["k=${address}"]` },
      { "apps/shop/kustomization.yaml": `openapi: { path: "${address}" }` },
      {
        "apps/shop/kustomization.yaml": "resources: [base]",
        "apps/shop/base/kustomization.yaml": `components:\n  - ${address}`,
      },
    ].map(kustomization);
    for (const refused of problems) {
      expect(refused).toMatchObject({
        ok: false,
        problems: [{ reason: "RemoteRefused", next: expect.stringContaining("--remotes=") }],
      });
    }
  });

  it.each([
    ["/etc/passwd", "absolute"],
    ["../../../../etc", "outside"],
    ["../other", "outside"],
    ["../../lib/../apps/other", "outside"],
    ["nothing.yaml", "not in this commit"],
    ["*.yaml", "no plain path"],
  ])("refuses %s (NEG-01)", (path, why) => {
    const refused = kustomization({
      "apps/shop/kustomization.yaml": `resources:\n  - "${path}"`,
      "apps/other/kustomization.yaml": "",
      "lib/x": "",
    });
    expect(refused).toMatchObject({
      ok: false,
      problems: [
        {
          reason: "RenderFailed",
          file: "apps/shop/kustomization.yaml",
          line: 2,
          message: expect.stringContaining(why),
        },
      ],
    });
  });

  it.each(["helmCharts: [{ name: x, repo: https://x.org }]", "HelmCharts: [{ name: x }]"])(
    "inflates no charts: %s",
    (text) => {
      expect(kustomization({ "apps/shop/kustomization.yaml": text })).toMatchObject({
        problems: [{ reason: "RemoteRefused" }],
      });
    },
  );
});

describe("what a chart is made of", () => {
  it("is the path, or what the app names, with values files seen from the app's folder", () => {
    const files = {
      "apps/shop/Chart.yaml": "name: own",
      "lib/chart/Chart.yaml": "name: shared",
      "apps/shop/v.yaml": "a: 1",
    };
    expect(chart(files)).toMatchObject({
      value: { folder: "apps/shop", name: "own", releaseName: "shop", valuesFiles: [] },
    });
    expect(chart(files, helmUnit("../../lib/chart", ["v.yaml"]))).toMatchObject({
      value: { folder: "lib/chart", name: "shared", valuesFiles: ["apps/shop/v.yaml"] },
    });
  });

  it.each(["../../../etc/passwd", "/proc/self/environ", "../other/v.yaml", "%2e%2e/v.yaml"])(
    "reads no values from %s (NEG-01, R16)",
    (path) => {
      const refused = chart(
        { "apps/shop/Chart.yaml": "name: x", "apps/other/v.yaml": "secret: 1" },
        helmUnit(".", [path]),
      );
      expect(refused).toMatchObject({ ok: false, problems: [{ reason: "RenderFailed" }] });
    },
  );

  it.each(["file:///etc/passwd", "https://x.org/v.yaml"])("downloads no values: %s", (path) => {
    const refused = chart({ "apps/shop/Chart.yaml": "name: x" }, helmUnit(".", [path]));
    expect(refused).toMatchObject({ problems: [{ reason: "RemoteRefused" }] });
  });

  it("is refused while it is remote, with the setting to add (R15)", () => {
    const remote = chart(
      {},
      {
        renderer: {
          kind: "helm",
          chart: { from: "oci", url: "oci://ghcr.io/acme/shop", version: "1.0.0" },
          releaseName: "shop",
          valuesFiles: [],
        },
      },
    );
    expect(remote).toMatchObject({
      problems: [
        {
          reason: "RemoteRefused",
          next: expect.stringContaining("--remotes=oci://ghcr.io/acme/shop"),
        },
      ],
    });
  });

  const dependent = {
    "apps/shop/Chart.yaml":
      "name: x\ndependencies:\n  - { name: db, version: 1.x, repository: https://charts.x.org }",
  };
  it("needs its dependencies in charts/", () => {
    expect(chart(dependent)).toMatchObject({
      problems: [
        {
          reason: "RemoteRefused",
          file: "apps/shop/Chart.yaml",
          line: 3,
          next: expect.stringContaining("--remotes=https://charts.x.org"),
        },
      ],
    });
  });

  it.each(["charts/db/Chart.yaml", "charts/db-1.2.3.tgz", "charts/other/Chart.yaml"])(
    "takes %s for one",
    (path) => {
      expect(chart({ ...dependent, [`apps/shop/${path}`]: "name: db" })).toMatchObject({
        ok: true,
      });
    },
  );

  it.each([
    "file:///etc/passwd",
    "http://127.0.0.1:8080/metrics",
    "../../etc/hostname",
    "/etc/hostname",
    "other.json",
  ])("is refused when its values schema refers to %s (NEG-01)", (text) => {
    const schema = (body: unknown) =>
      chart({
        "apps/shop/Chart.yaml": "name: x",
        "apps/shop/charts/sub/values.schema.json": JSON.stringify(body),
      });
    const refused = { ok: false, problems: [{ reason: "RemoteRefused" }] };
    expect(schema({ $ref: text })).toMatchObject(refused);
    expect(schema({ properties: { a: { items: [{ $ref: text }] } } })).toMatchObject(refused);
    expect(schema({ $schema: text })).toMatchObject(refused);
  });

  it("keeps references inside its schema, and trusts no packed one", () => {
    const schema = { $schema: "http://json-schema.org/draft-07/schema#", $ref: "#/$defs/a" };
    const read = chart({
      "apps/shop/Chart.yaml": "name: x",
      "apps/shop/values.schema.json": JSON.stringify(schema),
    });
    expect(read).toMatchObject({ ok: true, value: { skipsSchemas: false } });
    expect(
      chart({ "apps/shop/Chart.yaml": "name: x", "apps/shop/charts/db-1.tgz": "packed" }),
    ).toMatchObject({
      value: { skipsSchemas: true, warnings: [expect.stringContaining("packed")] },
    });
  });

  it("says what will find nothing (R32)", () => {
    const read = chart({
      "apps/shop/Chart.yaml": "name: x",
      "apps/shop/templates/a.yaml": 'a: {{ (lookup "v1" "Secret" "a" "b").data }}',
    });
    expect(read.ok && read.value.warnings).toEqual([
      expect.stringContaining("apps/shop/templates/a.yaml uses lookup"),
    ]);
  });
});

describe("links become plain files (NEG-02)", () => {
  const link = (to: string) => `link:${to}`;

  it("of files and folders, inside what may be read", () => {
    const { tree, files } = commitOf({
      "apps/shop/a": link("../../lib/x"),
      "apps/shop/d": link("../../lib/deep"),
      "lib/x": "1",
      "lib/deep/y": "2",
    });
    const plain = plainFiles(unit, files, tree);
    const found = plain.ok ? [...plain.value].map(([path, bytes]) => [path, String(bytes)]) : [];
    expect(Object.fromEntries(found)).toMatchObject({ "apps/shop/a": "49", "apps/shop/d/y": "50" });
  });

  it.each(["/etc/passwd", "../other/secret", "nothing", "values.yaml"])(
    "refuses one to %s",
    (to) => {
      const { tree, files } = commitOf({
        "apps/shop/values.yaml": link(to),
        "apps/other/secret": "s",
      });
      expect(plainFiles(unit, files, tree)).toMatchObject({
        ok: false,
        problems: [{ file: "apps/shop/values.yaml" }],
      });
    },
  );
});
