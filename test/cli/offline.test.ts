import { describe, expect, it } from "vitest";
import { parseYaml } from "../../agent/render/yaml.ts";
import { changed, fleetTexts, replaced } from "./fleet-texts.ts";
import { runWith } from "./host.ts";

const broken = replaced("apps/shop/all.yaml", "values.replicas", "values.size");

describe("validate", () => {
  it("says yes", async () => {
    const { code, stdout, stderr } = await runWith({ files: fleetTexts }, "validate");
    expect([code, stdout, stderr]).toEqual([0, "valid: 1 app, 2 clusters, 6 objects\n", ""]);
  });

  it("says no once for all clusters, with file, line and what to do", async () => {
    const { code, stdout, stderr } = await runWith({ files: broken }, "validate");
    expect([code, stdout]).toEqual([1, "invalid, 2 problems: 1 app, 2 clusters, 0 objects\n"]);
    expect(stderr).toMatch(
      /^error: shop is invalid for dev \(and 1 more cluster\)\n {2}where {2}apps\/shop\/all.yaml:4:\d+ {2}data.replicas\n/,
    );
    expect(stderr).toContain("reasons/ValueUndefined");
    expect(stderr.match(/error:/g)).toHaveLength(1);
  });

  it("warns of what a render leaves out, once for all clusters, and is valid (N-4)", async () => {
    const files = changed({
      "apps/shop/more.yaml":
        "apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: {}\nstatus: { loadBalancer: { ingress: [{ ip: 192.0.2.1 }] } }\n",
    });
    const { code, stderr } = await runWith({ files }, "validate");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: shop: status is not applied.* \(and 1 more cluster\)\n/);
    expect(stderr).toContain("apps/shop/more.yaml:1");
    expect(stderr.match(/warning:/g)).toHaveLength(1);
  });

  it("tells everything at once: documents and apps", async () => {
    const files = {
      ...broken,
      "clusters/eu.yaml":
        "apiVersion: holdfast.dev/v1alpha1\nkind: Cluster\nmetadata: { name: eu }\nspec: { vlaues: {} }\n",
    };
    const { code, stderr } = await runWith({ files }, "validate");
    expect(code).toBe(1);
    expect(stderr).toContain("clusters/eu.yaml:4");
    expect(stderr).toContain("apps/shop/all.yaml:4");
  });

  it("finds an object that two apps declare", async () => {
    const files = changed({
      "apps/web/app.yaml": (fleetTexts["apps/shop/app.yaml"] ?? "").replace(
        "name: shop",
        "name: web",
      ),
      "apps/web/cfg.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: cfg }\n",
    });
    const { code, stderr } = await runWith({ files }, "validate", "--cluster", "dev");
    expect(code).toBe(1);
    expect(stderr).toContain(
      "ConfigMap shop/cfg is also declared by shop, at apps/shop/all.yaml:1",
    );
  });

  it("becomes a report with --exit-zero and -o json", async () => {
    const { code, stdout } = await runWith(
      { files: broken },
      "validate",
      "--exit-zero",
      "-o",
      "json",
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "ValidationReport",
      valid: false,
      complete: true,
    });
  });

  it("is incomplete, exit 3, where a renderer is missing", async () => {
    const files = changed({
      "apps/shop/all.yaml": undefined,
      "apps/shop/kustomization.yaml": "resources: []\n",
    });
    const { code, stderr } = await runWith({ files }, "validate");
    expect(code).toBe(3);
    expect(stderr).toContain("shop was not rendered");
    expect((await runWith({ files }, "validate", "--allow-partial")).code).toBe(0);
  });

  it("needs a repository", async () => {
    const { code, stderr } = await runWith({}, "validate");
    expect(code).toBe(2);
    expect(stderr).toContain("there is no config repository here");
  });
});

describe("render", () => {
  it("writes one cluster to stdout, Secrets masked", async () => {
    const { code, stdout } = await runWith({ files: fleetTexts }, "render", "--cluster", "prod");
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/hunter2|aHVudGVyMg/);
    const parsed = parseYaml(stdout, { file: "out" });
    expect(parsed.ok && parsed.value.map(({ value }) => value)).toMatchObject([
      {
        kind: "ConfigMap",
        metadata: { name: "cfg", namespace: "shop" },
        data: { replicas: "3 each" },
      },
      { kind: "Secret", data: { token: "*** #1" } },
      { kind: "Service" },
    ]);
  });

  it("shows Secrets when told to, and no marks of an installation", async () => {
    const { stdout } = await runWith(
      { files: fleetTexts },
      "render",
      "--cluster",
      "dev",
      "--show-secrets",
    );
    expect(stdout).toContain("aHVudGVyMg==");
    expect(stdout).not.toContain("holdfast.dev/");
  });

  it("writes several clusters to files", async () => {
    const all = await runWith({ files: fleetTexts }, "render", "--out", "out");
    expect(all.stdout).toBe("out/dev/shop.yaml\nout/prod/shop.yaml\n");
    expect([...all.written.keys()]).toEqual([
      "/fleet/out/dev/shop.yaml",
      "/fleet/out/prod/shop.yaml",
    ]);
    const refused = await runWith({ files: fleetTexts }, "render");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("--out DIR");
  });

  it("names the nearest app and cluster on a typo", async () => {
    expect((await runWith({ files: fleetTexts }, "render", "shpo")).stderr).toContain(
      "did you mean: shop",
    );
    expect((await runWith({ files: fleetTexts }, "render", "--cluster", "prd")).stderr).toContain(
      "did you mean: prod",
    );
  });
});

describe("diff --rev", () => {
  const before = { commits: { main: fleetTexts } };

  it("is 0 without a difference", async () => {
    const { code, stdout } = await runWith(
      { files: fleetTexts, ...before },
      "diff",
      "--rev",
      "main..",
    );
    expect([code, stdout]).toEqual([0, "no difference\n"]);
  });

  it("shows fields by path, Secrets by ordinal, what comes and what goes", async () => {
    const text = (fleetTexts["apps/shop/all.yaml"] ?? "")
      .replace("EUR", "USD")
      .replace("hunter2", "hunter3")
      .replace(
        /kind: Service\nmetadata: \{ name: shop \}/,
        "kind: Service\nmetadata: { name: front }",
      );
    const files = changed({ "apps/shop/all.yaml": text });
    const { code, stdout } = await runWith(
      { files, ...before },
      "diff",
      "shop",
      "--rev",
      "main..",
      "--env",
      "prod",
    );
    expect(code).toBe(1);
    expect(stdout).toContain("shop · prod · 1 cluster");
    expect(stdout).toContain("    data.currency\n  - EUR\n  + USD\n");
    expect(stdout).toContain("    data.token\n  - *** #1\n  + *** #2\n");
    expect(stdout).toContain("+ Service shop/front");
    expect(stdout).toContain("- Service shop/shop");
    expect(stdout).not.toMatch(/hunter|aHVu/);
  });

  it("of an app that goes says what becomes of its objects", async () => {
    const files = changed({ "apps/shop/app.yaml": undefined, "apps/shop/all.yaml": undefined });
    const { code, stdout } = await runWith({ files, ...before }, "diff", "--rev", "main..");
    expect(code).toBe(1);
    expect(stdout).toContain(
      "no longer runs here: its objects stay until someone accepts (onRemove: hold)",
    );
  });

  it("takes no broken document for a removed app", async () => {
    const files = replaced("apps/shop/app.yaml", "clusters", "clutsers");
    const { code, stdout, stderr } = await runWith({ files, ...before }, "diff", "--rev", "main..");
    expect(code).toBe(1);
    expect(stdout).not.toContain("no longer runs here");
    expect(stderr).toContain("clutsers");
  });

  it("names a revision that is not there", async () => {
    const { code, stderr } = await runWith(
      { files: fleetTexts, ...before },
      "diff",
      "--rev",
      "nope..main",
    );
    expect(code).toBe(2);
    expect(stderr).toContain("there is no revision nope");
  });
});
