import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Unit } from "../../agent/model/unit.ts";
import { inputDigest } from "../../agent/render/input-digest.ts";
import { render, renderInput } from "../../agent/render/render.ts";
import type { RenderTool, RenderTools } from "../../agent/render/tool.ts";
import { type Contents, commitOf, hasher } from "../fleet/fleet-files.ts";
import { unitOf } from "./unit-of.ts";

const signal = new AbortController().signal;

function configMap(name: string, data = "{}"): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: ${data}\n`;
}

/** As the agent does it: ask for the input, read only that, render. */
async function run(contents: Contents, unit: Unit = unitOf(), tools: RenderTools = {}) {
  const { tree, files } = commitOf({ "apps/shop/app.yaml": "x", ...contents });
  const input = renderInput(unit, tree);
  if (!input.ok) return input;
  const read = new Map([...files].filter(([path]) => input.value.paths.includes(path)));
  return render(unit, read, { tree, tools, signal });
}

async function names(contents: Contents, unit: Unit = unitOf()): Promise<readonly string[]> {
  const rendered = await run(contents, unit);
  if (!rendered.ok) throw new Error(JSON.stringify(rendered.problems));
  return rendered.value.objects.map(({ object }) => object.metadata.name);
}

async function problems(contents: Contents, unit: Unit = unitOf()) {
  const rendered = await run(contents, unit);
  return rendered.ok ? [] : rendered.problems;
}

describe("which files are manifests (R24)", () => {
  it("every yaml, yml and json below the path, in path order; the rest is counted", () => {
    const { tree } = commitOf({
      "apps/shop/app.yaml": "x",
      "apps/shop/b.yml": "x",
      "apps/shop/a/c.json": "x",
      "apps/shop/a.yaml": "x",
      "apps/shop/_draft/x.yaml": "x",
      "apps/shop/.hidden.yaml": "x",
      "apps/shop/README.md": "x",
      "apps/shop/D.YAML": "x",
      "apps/shop2/z.yaml": "x",
      "lib/y.yaml": "x",
    });
    expect(renderInput(unitOf(), tree)).toEqual({
      ok: true,
      value: {
        renderer: "plain",
        paths: ["apps/shop/a.yaml", "apps/shop/a/c.json", "apps/shop/b.yml"],
        ignored: [
          "apps/shop/.hidden.yaml",
          "apps/shop/D.YAML",
          "apps/shop/README.md",
          "apps/shop/_draft/x.yaml",
        ],
      },
    });
  });

  it.each([
    ["Chart.yaml", "helm"],
    ["kustomization.yaml", "kustomize"],
    ["kustomization.yml", "kustomize"],
    ["Kustomization", "kustomize"],
    ["values.yaml", "plain"],
  ])("%s makes it %s", (name, renderer) => {
    const { tree } = commitOf({ [`apps/shop/${name}`]: "x", "apps/shop/templates/a.yaml": "x" });
    const input = renderInput(unitOf(), tree);
    expect(input.ok && input.value.renderer).toBe(renderer);
    const forced = renderInput(unitOf({ renderer: { kind: "plain" } }), tree);
    expect(forced.ok && forced.value.renderer).toBe("plain");
  });

  it("an app with nothing but its document renders to nothing, which is no error", async () => {
    expect(await names({})).toEqual([]);
    expect(await names({ "apps/shop/a.yaml": "# later\n---\n" })).toEqual([]);
  });

  it.each([
    ["a path that is gone (R08)", unitOf({ path: "apps/shop/prod" }), {}, "PathMissing"],
    [
      "a path that is a file",
      unitOf({ path: "apps/shop/a.yaml" }),
      { "apps/shop/a.yaml": "x" },
      "PathMissing",
    ],
    ["a submodule in it", unitOf(), { "apps/shop/vendor": "submodule" }, "RenderFailed"],
    [
      "a submodule above it",
      unitOf({ path: "apps/shop/vendor/x" }),
      { "apps/shop/vendor": "submodule" },
      "RenderFailed",
    ],
  ])("%s is a problem", async (...[, unit, contents, reason]) => {
    expect(await problems(contents, unit)).toMatchObject([{ reason, file: expect.any(String) }]);
  });
});

describe("objects", () => {
  it("come with file and line, lists opened (A-85)", async () => {
    const list = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: { name: a }
- apiVersion: v1
  kind: ConfigMapList
  items:
  - ${JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "b" } })}
`;
    const rendered = await run({
      "apps/shop/list.yaml": list,
      "apps/shop/z.yaml": `# x\n\n${configMap("c")}`,
    });
    expect(
      rendered.ok &&
        rendered.value.objects.map(({ object, file, line }) => [object.metadata.name, file, line]),
    ).toEqual([
      ["a", "apps/shop/list.yaml", 4],
      ["b", "apps/shop/list.yaml", 10],
      ["c", "apps/shop/z.yaml", 3],
    ]);
    const first = rendered.ok ? rendered.value.objects[0] : undefined;
    expect(first?.positionOf("/metadata/name")).toEqual({ line: 6, column: 15 });
  });

  it.each([
    ["no kind", "apiVersion: v1\nmetadata: { name: a }", "kind is missing"],
    ["no apiVersion", "kind: ConfigMap\nmetadata: { name: a }", "apiVersion is missing"],
    ["no name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}", "metadata.name is missing"],
    [
      "a name that is a number",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: 5 }",
      "in quotes",
    ],
    [
      "a label that is a boolean",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, labels: { x: yes } }",
      'labels["x"]',
    ],
    ["a text", "hello", "no Kubernetes object"],
    [
      "SOPS metadata (A-72)",
      "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nsops: { mac: x }",
      "encrypted",
    ],
  ])("%s is refused, never passed over (A-71)", async (_what, text, message) => {
    const found = await problems({
      "apps/shop/a.yaml": text,
      "apps/shop/good.yaml": configMap("g"),
    });
    expect(found).toMatchObject([
      { file: "apps/shop/a.yaml", message: expect.stringContaining(message) },
    ]);
  });

  it("all files' problems come at once (R01)", async () => {
    const found = await problems({
      "apps/shop/a.yaml": "a: [",
      "apps/shop/b.yaml": "x: 1",
      "apps/shop/c.yaml": "a\0b",
      "apps/shop/d.yaml": configMap("d"),
    });
    expect(new Set(found.map(({ file }) => file))).toEqual(
      new Set(["apps/shop/a.yaml", "apps/shop/b.yaml", "apps/shop/c.yaml"]),
    );
  });

  it("a file that was not read is a problem, never an empty one", async () => {
    const { tree } = commitOf({ "apps/shop/a.yaml": configMap("a") });
    expect(await render(unitOf(), new Map(), { tree, tools: {}, signal })).toMatchObject({
      ok: false,
      problems: [{ reason: "RenderFailed", file: "apps/shop/a.yaml" }],
    });
  });
});

describe("expressions in manifests", () => {
  it("read cluster, values and app, in scalars only, and keep the type of a whole one", async () => {
    const text = `apiVersion: apps/v1
kind: Deployment
metadata: { name: "web-\${{ cluster.name }}", labels: { "\${{ x }}": a } }
spec:
  replicas: \${{ values.replicas }}
  tags: \${{ values.tags }}
  host: "\${{app.name}}.\${{ cluster.values.domain }}:\${{ cluster.values.size }}"
  literal: "$\${{ not read }}"
  env: \${{ cluster.labels.env }}
  second: \${{ values.tags.1 }}
`;
    const rendered = await run({ "apps/shop/a.yaml": text });
    expect(rendered.ok && rendered.value.objects[0]?.object).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web-eu", labels: { "${{ x }}": "a" } },
      spec: {
        replicas: 2,
        tags: ["a", "b"],
        host: "shop.eu.example.com:3",
        literal: "${{ not read }}",
        env: "prod",
        second: "b",
      },
    });
  });

  it.each([
    ["values.hots", "the app sets: host"],
    ["cluster.values.domian", "cluster.values.domian is undefined"],
    ["cluster.labels.region", "undefined"],
    ["cluster.uid", "cannot be read"],
    ["env.HOME", "cannot be read"],
    ["values.__proto__", "undefined"],
    ["values.constructor.name", "undefined"],
    ["values.tags.length", "undefined"],
    ["", "cannot be read"],
    ["values.replicas + 1", "undefined"],
  ])("%j is an error with file, line and cluster (R29)", async (path, message) => {
    const found = await problems({ "apps/shop/a.yaml": configMap("a", `\n  k: \${{ ${path} }}`) });
    expect(found).toMatchObject([
      { reason: "ValueUndefined", file: "apps/shop/a.yaml", line: 5, column: 3, field: "data.k" },
    ]);
    expect(found[0]?.message).toContain("on cluster eu");
    expect(found[0]?.message).toContain(message);
  });

  it("a map or nothing cannot be a part of a text, and an open end is an error", async () => {
    for (const text of ["x${{ values.tags }}", "x${{ values.nothing }}", "x${{ values.host"]) {
      expect(
        await problems({ "apps/shop/a.yaml": configMap("a", `{ k: "${text}" }`) }),
      ).toHaveLength(1);
    }
  });

  it("what comes out is not read again", async () => {
    const unit = unitOf({ values: { trap: "${{ cluster.name }}" } });
    const rendered = await run(
      {
        "apps/shop/a.yaml": configMap("a", '{ k: "${{ values.trap }}", l: "x${{ values.trap }}" }'),
      },
      unit,
    );
    expect(rendered.ok && rendered.value.objects[0]?.object["data"]).toEqual({
      k: "${{ cluster.name }}",
      l: "x${{ cluster.name }}",
    });
  });

  it("any text without the opening stays as it is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        fc.pre(!text.includes("${{"));
        const rendered = await run({
          "apps/shop/a.json": JSON.stringify({
            apiVersion: "v1",
            kind: "A",
            metadata: { name: "a" },
            data: text,
          }),
        });
        expect(rendered.ok && rendered.value.objects[0]?.object["data"]).toBe(text);
      }),
    );
  });

  it("cannot be made to grow without bound", async () => {
    const unit = unitOf({
      values: { big: "x".repeat(600_000), many: Array.from({ length: 50_000 }, () => 1) },
    });
    expect(
      await problems(
        { "apps/shop/a.yaml": configMap("a", '{ k: "${{ values.big }}${{ values.big }}" }') },
        unit,
      ),
    ).toMatchObject([{ message: expect.stringContaining("1 MiB") }]);
    const lists = Array.from({ length: 5 }, () => '"${{ values.many }}"').join(", ");
    expect(
      await problems({ "apps/shop/a.yaml": configMap("a", `[${lists}]`) }, unit),
    ).toMatchObject([{ message: expect.stringContaining("values") }]);
  });
});

describe("links (NEG-02)", () => {
  const shared = unitOf({ shared: ["lib"] });

  it("stand for the file or folder they lead to", async () => {
    const contents = {
      "apps/shop/a.yaml": "link:../../lib/web.yaml",
      "apps/shop/more": "link:../../lib/deep",
      "lib/web.yaml": configMap("web"),
      "lib/deep/x.yaml": configMap("deep"),
      "lib/deep/_no.yaml": "x",
    };
    expect(await names(contents, shared)).toEqual(["web", "deep"]);
  });

  it.each([
    ["out of the unit", "link:../other/secret.yaml"],
    ["out of the repository", "link:../../../etc/passwd"],
    ["to an absolute path", "link:/etc/passwd"],
    ["to nothing", "link:none.yaml"],
    ["to itself", "link:a.yaml"],
  ])("%s are a problem of the app", async (_what, link) => {
    const found = await problems({
      "apps/shop/a.yaml": link,
      "apps/other/secret.yaml": configMap("s"),
    });
    expect(found).toMatchObject([{ reason: "RenderFailed", file: "apps/shop/a.yaml" }]);
  });
});

describe("helm and kustomize", () => {
  it("name the tool that is missing", async () => {
    expect(await problems({ "apps/shop/Chart.yaml": "name: x" })).toMatchObject([
      { reason: "ToolMissing", message: expect.stringContaining("helm") },
    ]);
  });

  it("T-13: are rendered by the tool, read by the same parser, and only kustomize takes expressions", async () => {
    const text = configMap("a", '{ mode: 0644, k: "${{ cluster.name }}" }');
    const tool: RenderTool = {
      version: () => Promise.resolve({ ok: true, value: "v1" }),
      render: () => Promise.resolve({ ok: true, value: { text, warnings: [] } }),
    };
    const kustomized = await run({ "apps/shop/kustomization.yaml": "" + "x" }, unitOf(), {
      kustomize: tool,
    });
    expect(kustomized.ok && kustomized.value.objects[0]?.object["data"]).toEqual({
      mode: 420,
      k: "eu",
    });
    const helm = await run({ "apps/shop/Chart.yaml": "x" }, unitOf(), { helm: tool });
    expect(helm.ok && helm.value.objects[0]?.object["data"]).toEqual({
      mode: 420,
      k: "${{ cluster.name }}",
    });
  });
});

describe("the input digest", () => {
  const { tree } = commitOf({
    "apps/shop/a.yaml": "1",
    "apps/shop/app.yaml": "doc",
    "lib/x": "1",
    "other/y": "1",
  });
  const unit = unitOf({ shared: ["lib"] });
  const digest = inputDigest(unit, tree, hasher);

  it("changes with all that is read, and with nothing else", () => {
    const digestAfter = (contents: Contents, changed = unit): string => {
      const base = {
        "apps/shop/a.yaml": "1",
        "apps/shop/app.yaml": "doc",
        "lib/x": "1",
        "other/y": "1",
      };
      return inputDigest(changed, commitOf({ ...base, ...contents }).tree, hasher);
    };
    expect(digestAfter({})).toBe(digest);
    expect(digestAfter({ "other/y": "2", "apps/shop/app.yaml": "doc2" })).toBe(digest);
    expect(
      digestAfter({}, { ...unit, changeId: "other", health: { timeoutMs: 1, rules: [] } }),
    ).toBe(digest);
    expect(digestAfter({ "apps/shop/a.yaml": "2" })).not.toBe(digest);
    expect(digestAfter({ "lib/x": "2" })).not.toBe(digest);
    expect(digestAfter({}, { ...unit, values: {} })).not.toBe(digest);
    expect(digestAfter({}, { ...unit, namespace: "x" })).not.toBe(digest);
    expect(digestAfter({}, { ...unit, cluster: { ...unit.cluster, values: {} } })).not.toBe(digest);
  });
});
