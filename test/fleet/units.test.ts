import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFleet } from "../../agent/fleet/fleet.ts";
import { environmentOf, selectUnits } from "../../agent/fleet/units.ts";
import { shapePayload } from "../../agent/plan/ignore.ts";
import { desired, live, manager, object } from "../plan/builders.ts";
import {
  type Contents,
  commitOf,
  documentOf,
  fleetContents,
  fleetOf,
  hasher,
} from "./fleet-files.ts";

function select(more: Contents = {}, cluster = "eu") {
  return selectUnits(fleetOf(more), cluster, hasher);
}

function app(spec: string, name = "shop"): Contents {
  return { [`apps/${name}/app.yaml`]: documentOf("App", name, spec) };
}

describe("which apps run here", () => {
  it("fills in every default", () => {
    const { units, cluster, isComplete } = select();
    expect(isComplete).toBe(true);
    expect(cluster).toMatchObject({ name: "eu", labels: { region: "eu" } });
    expect(units).toHaveLength(1);
    expect(units[0]).toMatchObject({
      app: "shop",
      file: "apps/shop/app.yaml",
      folder: "apps/shop",
      path: "apps/shop",
      shared: [],
      namespace: "shop",
      renderer: { kind: "auto" },
      mode: "enforce",
      onFailure: "keep",
      onRemove: "hold",
      prune: { enabled: true, maxShare: 0.2 },
      health: { timeoutMs: 300_000, rules: [] },
      drift: { mode: "heal", graceMs: 0 },
      dependsOn: [],
      protect: [],
      holdUntilMaxMs: 14_400_000,
    });
  });

  it("says which term does not select", () => {
    const selector =
      "{ matchLabels: { env: prod }, matchExpressions: [{ key: region, operator: NotIn, values: [eu] }] }";
    const { units, unselected } = select(app(`{ namespace: x, clusters: ${selector} }`));
    expect(units).toEqual([]);
    expect(unselected[0]?.why).toBe("region NotIn (eu); the cluster has region=eu");
  });

  it("knows the names when no document names the cluster", () => {
    expect(select({}, "asia")).toMatchObject({
      known: ["eu", "us"],
      units: [],
      clusterProblems: [],
      isComplete: true,
    });
    expect(select({}, "asia").cluster).toBeUndefined();
  });

  it("runs nothing on a tombstone", () => {
    const gone = documentOf(
      "Cluster",
      "eu",
      "{ removed: { uid: u, at: 2026-01-01T00:00:00Z } }",
      "{ env: prod }",
    );
    expect(select({ "clusters/eu.yaml": gone })).toMatchObject({ isRemoved: true, units: [] });
  });

  it("says what is wrong with its own document, and then nothing counts as removed", () => {
    const selection = select({ "clusters/eu.yaml": documentOf("Cluster", "eu", "{ vals: {} }") });
    expect(selection.cluster).toBeUndefined();
    expect(selection.isComplete).toBe(false);
    expect(selection.clusterProblems[0]).toMatchObject({ file: "clusters/eu.yaml", line: 4 });
  });

  it("lists broken apps, and whether their name is known", () => {
    const { broken } = select({
      "apps/a/app.yaml": "x: [",
      ...app("{ namespce: x, clusters: {} }"),
    });
    expect(broken).toMatchObject([
      { app: "a", isNamed: false },
      {
        app: "shop",
        isNamed: true,
        problems: [{}, { column: 9, message: expect.stringContaining('did you mean "namespace"') }],
      },
    ]);
  });

  it("names the environment by the label that the fleet says", () => {
    const fleet = fleetOf({
      "fleet.yaml": documentOf(
        "Fleet",
        "a",
        "{ folders: [clusters, apps], environmentLabel: region }",
      ),
    });
    const { cluster } = selectUnits(fleet, "us", hasher);
    expect(cluster && environmentOf(cluster, fleet)).toBe("us");
  });
});

describe("overrides and defaults", () => {
  it("merges every match deeply, in order", () => {
    const spec = `
  namespace: shop
  clusters: {}
  values: { a: 1, deep: { x: 1, w: 1 }, list: [1, 2] }
  overrides:
    - { clusters: { matchLabels: { region: eu } }, values: { deep: { w: 2 }, list: [3] } }
    - { clusters: { matchLabels: { region: us } }, values: { a: 9 } }
    - { clusters: { matchLabels: { env: prod } }, values: { deep: { z: 3 } }, health: { timeout: 1h30m } }`;
    const { units } = select(app(spec));
    expect(units[0]?.values).toEqual({ a: 1, deep: { x: 1, w: 2, z: 3 }, list: [3] });
    expect(units[0]?.health.timeoutMs).toBe(5_400_000);
  });

  it("takes the fleet's defaults, and adds up protections and ignore rules", () => {
    const fleet = `{ folders: [clusters, apps], protect: [Foo],
  defaults: { prune: { max: 5% }, onRemove: delete, drift: { grace: 1m, ignore: [{ kind: A }] } } }`;
    const own =
      "{ namespace: x, clusters: {}, protect: [Bar], onRemove: orphan, drift: { ignore: [{ kind: B }] } }";
    const { units } = select({ "fleet.yaml": documentOf("Fleet", "a", fleet), ...app(own) });
    expect(units[0]).toMatchObject({
      prune: { maxShare: 0.05 },
      onRemove: "orphan",
      protect: ["Foo", "Bar"],
      drift: { graceMs: 60_000, ignore: [{ kind: "B" }, { kind: "A" }] },
    });
    expect(units[0]?.drift.ignore).toHaveLength(2);
  });

  describe("what controllers own by design (A-146)", () => {
    const web = object("Deployment", "web", { spec: { paused: false } });
    /** What is sent of a field that somebody else set otherwise, where the fleet's defaults say this. */
    const sent = (defaults: string, [name = "", subresource]: readonly string[]) => {
      const fleet = documentOf(
        "Fleet",
        "a",
        `{ folders: [clusters, apps], defaults: ${defaults} }`,
      );
      const { units } = select({
        "fleet.yaml": fleet,
        ...app("{ namespace: x, clusters: {} }"),
      });
      const theirs = manager(
        name,
        { "f:spec": { "f:paused": {} } },
        subresource === undefined ? {} : { subresource },
      );
      const there = live({ ...web, spec: { paused: true } }, { managedFields: [theirs] });
      return shapePayload(desired(web), there, units[0]?.drift.ignore ?? []).payload["spec"];
    };

    it.each([
      ["cainjector"],
      ["cert-manager-cainjector"],
      ["vpa-updater"],
      ["vpa-admission-controller"],
      ["keda"],
      ["keda", "scale"],
      ["flagger"],
      ["kube-controller-manager", "scale"],
    ])("is left to %s %s, unless the fleet has other rules, or none", (...by) => {
      expect(sent("{}", by)).not.toHaveProperty("paused");
      expect(sent("{ drift: { ignore: [] } }", by)).toHaveProperty("paused", false);
      expect(sent("{ drift: { ignore: [{ kind: Other }] } }", by)).toHaveProperty("paused", false);
    });

    it("is not left to anybody else", () => {
      for (const by of [["kubectl-edit"], ["kube-controller-manager"], ["kubectl", "scale"]]) {
        expect(sent("{}", by)).toHaveProperty("paused", false);
      }
    });
  });

  it("breaks one cluster only, at the place in the override (R30)", () => {
    const spec = `
  namespace: shop
  clusters: {}
  overrides:
    - clusters: { matchLabels: { region: eu } }
      namespace: \${{ cluster.values.Space }}`;
    expect(select(app(spec), "us").units).toHaveLength(1);
    expect(select(app(spec), "eu").broken[0]?.problems).toMatchObject([
      {
        reason: "ValueUndefined",
        file: "apps/shop/app.yaml",
        line: 9,
        message: expect.stringContaining("eu"),
      },
    ]);
  });

  it("judges a value again when it has been resolved", () => {
    const spec = `{ namespace: x, clusters: {}, health: { timeout: "\${{ cluster.values.domain }}" } }`;
    expect(select(app(spec)).broken[0]?.problems).toMatchObject([
      { reason: "ConfigInvalid", line: 4, message: expect.stringContaining("duration") },
    ]);
  });

  it.each(["..", "../..", "../other", "/etc"])("refuses the path %s", (path) => {
    const { units, broken } = select(app(`{ namespace: x, clusters: {}, path: "${path}" }`));
    expect(units).toEqual([]);
    expect(broken[0]?.problems).toHaveLength(1);
  });

  it("may render a shared folder", () => {
    const fleet = documentOf("Fleet", "a", "{ folders: [clusters, apps], shared: [lib] }");
    const { units } = select({
      "fleet.yaml": fleet,
      "lib/web/a.yaml": "",
      ...app("{ namespace: x, clusters: {}, path: ../../lib/web }"),
    });
    expect(units[0]?.path).toBe("lib/web");
  });

  it("refuses a rollout that does not exist: without its gates nothing goes out", () => {
    expect(
      select(app("{ namespace: x, clusters: {}, rollout: fast }")).broken[0]?.problems[0]?.message,
    ).toContain("fast");
  });
});

describe("expressions in App documents", () => {
  it("reads cluster, app and values, and keeps the type of a whole scalar", () => {
    const spec = `
  namespace: "shop-\${{ cluster.name }}"
  clusters: {}
  values: { host: "\${{ app.name }}.\${{ cluster.values.domain }}", all: "\${{ cluster.values }}", num: 2, literal: "$\${{ x }}" }
  path: "."
  owner: { team: a }
  dependsOn: ["\${{ values.host2 }}"]`;
    const { units, broken } = select(app(spec.replace('  dependsOn: ["${{ values.host2 }}"]', "")));
    expect(broken).toEqual([]);
    expect(units[0]).toMatchObject({
      namespace: "shop-eu",
      values: {
        host: "shop.eu.example.com",
        all: { domain: "eu.example.com" },
        num: 2,
        literal: "${{ x }}",
      },
    });
    expect(select(app(spec)).broken[0]?.problems[0]).toMatchObject({
      reason: "ValueUndefined",
      message: expect.stringContaining("the app sets: host, all, num, literal"),
    });
  });

  it("never in selectors", () => {
    const { broken } = select(
      app('{ namespace: x, clusters: { matchLabels: { env: "${{ cluster.name }}" } } }'),
    );
    expect(broken[0]?.problems[0]?.message).toContain("the same on all clusters");
  });
});

describe("dependencies", () => {
  it("refuses every member of a cycle, with the path, and nobody else (O-32)", () => {
    const of = (name: string, on: string): Contents =>
      app(`{ namespace: x, clusters: {}, dependsOn: [${on}] }`, name);
    const { units, broken } = select({
      ...of("a", "b"),
      ...of("b", "c"),
      ...of("c", "a"),
      ...of("d", "a"),
      ...of("e", "e"),
    });
    expect(units.map((unit) => unit.app)).toEqual(["d", "shop"]);
    expect(broken.map((item) => [item.app, item.problems[0]?.message])).toEqual([
      ["a", "apps wait for each other: a → b → c → a"],
      ["b", "apps wait for each other: b → c → a → b"],
      ["c", "apps wait for each other: c → a → b → c"],
      ["e", "apps wait for each other: e → e"],
    ]);
  });
});

describe("the change id (§0.2)", () => {
  const id = (more: Contents = {}, cluster = "eu"): string | undefined =>
    select(more, cluster).units[0]?.changeId;

  it("is equal on all clusters", () => {
    expect(id({}, "eu")).toMatch(/^[0-9a-f]{64}$/);
    expect(id({}, "eu")).toBe(id({}, "us"));
  });

  it.each<[string, Contents]>([
    ["the document", app("{ namespace: shop2, clusters: { matchLabels: { env: prod } } }")],
    ["a file of its folder", { "apps/shop/web.yaml": "b: 2" }],
    ["a new file", { "apps/shop/readme.md": "x" }],
    [
      "values of a cluster it selects",
      {
        "clusters/us.yaml": documentOf(
          "Cluster",
          "us",
          "{ values: { domain: x } }",
          "{ env: prod, region: us }",
        ),
      },
    ],
    [
      "labels of a cluster it selects",
      {
        "clusters/us.yaml": documentOf(
          "Cluster",
          "us",
          "{ values: { domain: us.example.com } }",
          "{ env: prod }",
        ),
      },
    ],
    [
      "another cluster that it selects",
      { "clusters/asia.yaml": documentOf("Cluster", "asia", "{}", "{ env: prod }") },
    ],
    [
      "a shared file",
      {
        "fleet.yaml": documentOf("Fleet", "acme", "{ folders: [clusters, apps], shared: [lib] }"),
        "lib/a": "1",
      },
    ],
  ])("changes with %s", (_what, more) => {
    expect(id(more)).not.toBe(id());
  });

  it.each<[string, Contents]>([
    ["another app", app("{ namespace: x, clusters: {} }", "zoo")],
    [
      "a comment in the document",
      { "apps/shop/app.yaml": `# hello\n${fleetContents()["apps/shop/app.yaml"]}` },
    ],
    [
      "a cluster that it does not select",
      { "clusters/dev.yaml": documentOf("Cluster", "dev", "{}", "{ env: dev }") },
    ],
    ["a file elsewhere", { "docs/readme.md": "x" }],
    [
      "uid and version of a cluster",
      {
        "clusters/us.yaml": documentOf(
          "Cluster",
          "us",
          '{ uid: u, kubernetes: "1.36", values: { domain: us.example.com } }',
          "{ env: prod, region: us }",
        ),
      },
    ],
  ])("does not change with %s", (_what, more) => {
    expect(id(more)).toBe(id());
  });

  it("does not depend on the order of the tree or of the documents", () => {
    const contents = fleetContents({ "apps/shop/b.yaml": "b: 1", "apps/shop/c.yaml": "c: 1" });
    const { tree, files } = commitOf(contents);
    fc.assert(
      fc.property(fc.shuffledSubarray([...tree], { minLength: tree.size }), (shuffled) => {
        const parsed = parseFleet(new Map(shuffled), files);
        const units = parsed.ok ? selectUnits(parsed.value, "eu", hasher).units : [];
        expect(units[0]?.changeId).toBe(
          id({ "apps/shop/b.yaml": "b: 1", "apps/shop/c.yaml": "c: 1" }),
        );
      }),
    );
  });
});
