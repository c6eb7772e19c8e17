import { describe, expect, it } from "vitest";
import { createHelm } from "../../agent/children/helm.ts";
import { createKustomize } from "../../agent/children/kustomize.ts";
import type { Unit } from "../../agent/model/unit.ts";
import { fakeTool, jobOf, settingsFor } from "./fakes.ts";

const signal = new AbortController().signal;
const chart = {
  "apps/shop/Chart.yaml": "name: shop\nversion: 1.0.0\n",
  "apps/shop/values.yaml": "a: 1",
};

/** What a tool was called with: the script prints its arguments, one a line. */
async function argumentsFor(unit: Partial<Unit>, files: Readonly<Record<string, string>> = chart) {
  const helm = createHelm(await settingsFor(await fakeTool('for a in "$@"; do echo "$a"; done')));
  const rendered = await helm.render(jobOf(files, unit), signal);
  if (!rendered.ok) return rendered.problems[0]?.message ?? "";
  return rendered.value.text.trim().split("\n");
}

describe("helm's arguments", () => {
  it("name namespace, versions and values; names follow after `--` (NEG-42)", async () => {
    const words = await argumentsFor({});
    expect(words).toEqual([
      "template",
      "--namespace",
      "shop",
      "--include-crds",
      "--kube-version",
      "v1.36.0",
      "--api-versions",
      "apps/v1",
      "-f",
      expect.stringMatching(/^\/.*\/values\.json$/),
      "--",
      "shop",
      expect.stringMatching(/\/tree\/apps\/shop$/),
    ]);
  });

  it.each(["-oProxyCommand", "--post-renderer", "a b", "a\nb", "$(x)", "A"])(
    "refuse the release name %j",
    async (releaseName) => {
      const renderer = {
        kind: "helm",
        chart: { from: "path", path: "." },
        releaseName,
        valuesFiles: [],
      } as const;
      expect(await argumentsFor({ renderer })).toContain("release name");
    },
  );

  it("refuse a namespace and a version that are none", async () => {
    expect(await argumentsFor({ namespace: "--kubeconfig" })).toContain("namespace --kubeconfig");
  });

  it("give values files neutral names, in order, and the app's own values last", async () => {
    const read = 'for a in "$@"; do case "$a" in *values*) cat "$a"; echo;; esac; done';
    const helm = createHelm(await settingsFor(await fakeTool(read)));
    const valuesFiles = ["a,b.yaml", "sub/c.yaml"];
    const renderer = {
      kind: "helm",
      chart: { from: "path", path: "chart" },
      releaseName: "r",
      valuesFiles,
    } as const;
    const files = {
      "apps/shop/chart/Chart.yaml": "name: c",
      "apps/shop/a,b.yaml": "first",
      "apps/shop/sub/c.yaml": "second",
    };
    const values = { big: 9007199254740993n };
    const rendered = await helm.render(jobOf(files, { renderer, values }), signal);
    expect(rendered.ok && rendered.value.text).toBe('first\nsecond\n{"big":9007199254740993}\n');
  });
});

describe("kustomize's arguments", () => {
  it("never lift its restrictions", async () => {
    const path = await fakeTool('for a in "$@"; do echo "$a"; done', "v5.8.2");
    const kustomize = createKustomize(await settingsFor(path));
    const rendered = await kustomize.render(
      jobOf({ "apps/shop/kustomization.yaml": "resources: []" }),
      signal,
    );
    const words = rendered.ok ? rendered.value.text.trim().split("\n") : [];
    expect(words.slice(0, 4)).toEqual([
      "build",
      "--load-restrictor",
      "LoadRestrictionsRootOnly",
      "--",
    ]);
    expect(words[4]).toMatch(/\/tree\/apps\/shop$/);
    expect(words).toHaveLength(5);
  });
});
