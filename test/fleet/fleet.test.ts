import { describe, expect, it } from "vitest";
import { documentPaths, parseFleet } from "../../agent/fleet/fleet.ts";
import { commitOf, documentOf, fleetContents, fleetOf } from "./fleet-files.ts";

describe("which files are documents", () => {
  it("asks for fleet.yaml first, then for what lies below its folders", () => {
    const { tree, files } = commitOf(
      fleetContents({
        "apps/shop/deep/more.yaml": "a: 1",
        "apps/_draft/app.yaml": "nonsense",
        "apps/.hidden.yaml": "nonsense",
        "apps/readme.md": "text",
        "elsewhere/x.yaml": "a: 1",
      }),
    );
    expect(documentPaths(tree, undefined)).toEqual({ ok: true, value: ["fleet.yaml"] });
    expect(documentPaths(tree, files.get("fleet.yaml"))).toEqual({
      ok: true,
      value: ["fleet.yaml", "apps/shop/app.yaml", "clusters/eu.yaml", "clusters/us.yaml"],
    });
  });

  it.each([
    ["missing", ""],
    ["no YAML", "a: [1"],
    ["another kind", documentOf("Cluster", "x", "{}")],
    [
      "two documents",
      `${documentOf("Fleet", "a", "{ folders: [x] }")}---\n${documentOf("Fleet", "b", "{ folders: [x] }")}`,
    ],
    ["empty", "# nothing\n"],
    ["without folders", documentOf("Fleet", "acme", "{ folders: [] }")],
    ["with an unknown field", documentOf("Fleet", "acme", "{ folders: [apps], foldres: [x] }")],
  ])("is no fleet when fleet.yaml is %s (R26)", (_what, text) => {
    const { tree, files } = commitOf(fleetContents({ "fleet.yaml": text }));
    const parsed = parseFleet(tree, files);
    expect(parsed).toMatchObject({
      ok: false,
      problems: [{ reason: "ConfigInvalid", file: "fleet.yaml" }],
    });
    if (text === "") expect(documentPaths(tree, undefined).ok).toBe(false);
  });
});

describe("broken documents stay alone", () => {
  it("names a folder that is gone", () => {
    const fleet = fleetOf({
      "fleet.yaml": documentOf("Fleet", "acme", "{ folders: [clusters, aps] }"),
    });
    expect(fleet.problems).toMatchObject([
      { file: "fleet.yaml", line: 4, message: expect.stringContaining("aps") },
    ]);
  });

  it("keeps its neighbours", () => {
    const fleet = fleetOf({
      "clusters/bad.yaml": documentOf("Cluster", "bad", "{ vales: {} }"),
      "apps/worse/app.yaml": "a: [",
      "apps/shop2/app.yaml": documentOf(
        "App",
        "shop2",
        "{ namespace: s, clusters: {}, health: { timeout: 1e999h } }",
      ),
    });
    expect([...fleet.clusters.keys()]).toEqual(["eu", "us"]);
    expect([...fleet.apps.keys()]).toEqual(["shop"]);
    expect(fleet.broken).toMatchObject([
      { kind: "App", name: "shop2", file: "apps/shop2/app.yaml" },
      { kind: "App", file: "apps/worse/app.yaml" },
      { kind: "Cluster", name: "bad" },
    ]);
  });

  it.each([
    [
      "Apps",
      "App",
      { "apps/other/app.yaml": documentOf("App", "shop", "{ namespace: x, clusters: {} }") },
    ],
    ["Clusters", "Cluster", { "clusters/eu2.yaml": documentOf("Cluster", "eu", "{}") }],
  ])("refuses both of two %s of one name, with both places (R28)", (_what, kind, more) => {
    const fleet = fleetOf(more);
    const twins = fleet.broken.filter((document) => document.kind === kind);
    expect(twins).toHaveLength(2);
    for (const twin of twins) {
      const other = twins.find((document) => document !== twin);
      expect(twin.problems[0]?.message).toContain(other?.file);
    }
    expect(fleet.apps.size + fleet.clusters.size).toBe(2);
  });

  it("refuses an app below another one, both of them", () => {
    const fleet = fleetOf({
      "apps/shop/sub/app.yaml": documentOf("App", "sub", "{ namespace: x, clusters: {} }"),
    });
    expect(fleet.apps.size).toBe(0);
    expect(fleet.broken.map(({ name }) => name)).toEqual(["shop", "sub"]);
  });

  it.each([
    ["a link", "link:eu.yaml", "link"],
    ["a submodule", "submodule", "submodule"],
    ["a manifest", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n", "apiVersion"],
    [
      "an App under another name",
      documentOf("App", "x", "{ namespace: x, clusters: {} }"),
      "app.yaml",
    ],
    ["a second Fleet", documentOf("Fleet", "x", "{ folders: [x] }"), "fleet.yaml"],
    ["a newer format", documentOf("Cluster", "x", "{}").replace("v1alpha1", "v2"), "v1alpha1"],
  ])("refuses %s among the documents", (_what, text, message) => {
    const fleet = fleetOf({ "clusters/x.yaml": text });
    expect(fleet.problems.map((problem) => problem.message).join()).toContain(message);
    expect(fleet.clusters.size).toBe(2);
  });

  it("refuses an app.yaml that holds two apps, or none", () => {
    const app = documentOf("App", "a", "{ namespace: x, clusters: {} }");
    for (const text of [`${app}---\n${app}`, documentOf("Cluster", "c", "{}"), "# empty\n"]) {
      const fleet = fleetOf({ "apps/a/app.yaml": text });
      expect(fleet.broken).toMatchObject([{ file: "apps/a/app.yaml", kind: "App" }]);
    }
  });
});
