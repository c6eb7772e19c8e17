import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { createHelm } from "../../agent/children/helm.ts";
import { createKustomize } from "../../agent/children/kustomize.ts";
import type { Unit } from "../../agent/model/unit.ts";
import { readChart } from "../../agent/render/chart.ts";
import { render } from "../../agent/render/render.ts";
import type { RenderTools } from "../../agent/render/tool.ts";
import { normalizeRender } from "../../agent/render/unstable.ts";
import { haveInputs, unpackInputs } from "../e2e/inputs.ts";
import { type Contents, commitOf, hasher } from "../fleet/fleet-files.ts";
import { unitOf } from "../render/unit-of.ts";
import { realTool } from "./binaries.ts";
import { settingsFor, temporaryFolder } from "./fakes.ts";

const paths = { helm: realTool("helm"), kustomize: realTool("kustomize") };
const why = "needs helm and kustomize: HOLDFAST_TEST_BIN, the control plane's cache, or PATH";
const haveTools = paths.helm !== undefined && paths.kustomize !== undefined;
const signal = new AbortController().signal;

async function realTools(): Promise<RenderTools> {
  return {
    helm: createHelm(await settingsFor(paths.helm)),
    kustomize: createKustomize(await settingsFor(paths.kustomize)),
  };
}

async function renderIt(contents: Contents, more: Partial<Unit> = {}) {
  const { tree, files } = commitOf(contents);
  const capabilities = {
    kubernetes: "v1.36.0",
    apiVersions: ["example.com/v1", "example.com/v1/Foo"],
  };
  return render(unitOf(more), files, { tree, tools: await realTools(), signal, capabilities });
}

async function problemsOf(contents: Contents, more: Partial<Unit> = {}) {
  const rendered = await renderIt(contents, more);
  return rendered.ok ? [] : rendered.problems;
}

async function placesOf(contents: Contents, more: Partial<Unit> = {}) {
  const rendered = await renderIt(contents, more);
  if (!rendered.ok) throw new Error(JSON.stringify(rendered.problems));
  return rendered.value.objects.map(
    ({ object, file, line }) => `${object.kind} ${object.metadata.name} ${file}:${line}`,
  );
}

/** All files below a folder, as if they were committed at another place. */
async function committed(folder: string, at: string): Promise<Contents> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Object.fromEntries(
    await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [`${at}/${relative(folder, path)}`, await readFile(path, "utf8")] as const;
      }),
    ),
  );
}

const own = { "apps/shop/Chart.yaml": "apiVersion: v2\nname: own\nversion: 1.0.0\n" };

describe.runIf(haveTools)(`real charts (${why})`, () => {
  it("know namespace, values, versions, and where each object was written", async () => {
    const places = await placesOf({
      ...own,
      "apps/shop/values.yaml": "from: default\nkept: default\n",
      "apps/shop/crds/foo.yaml":
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: foos.example.com }\n",
      "apps/shop/templates/a.yaml":
        '# first\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a-{{ .Values.host }}-{{ .Values.kept }}\n  namespace: {{ .Release.Namespace }}\ndata:\n  isThere: "{{ .Capabilities.APIVersions.Has "example.com/v1/Foo" }}"\n  version: "{{ .Capabilities.KubeVersion.Minor }}"\n',
    });
    expect(places).toEqual([
      "CustomResourceDefinition foos.example.com apps/shop/crds/foo.yaml:2",
      "ConfigMap a-shop.eu.example.com-default apps/shop/templates/a.yaml:3",
    ]);
  });

  it("are told from errors at their file and line", async () => {
    const file = "apps/shop/templates/a.yaml";
    expect(await problemsOf({ ...own, [file]: "a: 1\nb: {{ fail `never` }}\n" })).toMatchObject([
      { reason: "RenderFailed", file, line: 2, message: expect.stringContaining("never") },
    ]);
    expect(await problemsOf({ ...own, [file]: "a: 1\n b: : 2\n" })).toMatchObject([{ file }]);
  });

  const configMap = (name: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;

  it("print hooks like all else, for the reader to sort out (O-10)", async () => {
    const hook = (name: string, event: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  annotations: { helm.sh/hook: "${event}" }\n`;
    const rendered = await renderIt({
      ...own,
      "apps/shop/templates/a.yaml": hook("test", "test"),
      "apps/shop/templates/b.yaml": hook("pre", "pre-install,pre-upgrade"),
      "apps/shop/templates/c.yaml": configMap("kept"),
    });
    const found = rendered.ok ? rendered.value.objects : [];
    expect(found.map(({ object, file }) => `${object.metadata.name} ${file}`).sort()).toEqual([
      "kept apps/shop/templates/c.yaml",
      "pre apps/shop/templates/b.yaml",
      "test apps/shop/templates/a.yaml",
    ]);
  });

  it("have no cluster, no network, no environment (NEG-50, R32)", async () => {
    const rendered = await renderIt({
      ...own,
      "apps/shop/templates/a.yaml":
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  found: "{{ len (lookup "v1" "Secret" "" "") }}"\n  address: "{{ getHostByName "example.com" }}"\n',
    });
    expect(rendered).toMatchObject({
      value: {
        objects: [{ object: { data: { found: "0", address: "" } } }],
        warnings: [{ message: expect.stringContaining("lookup") }, {}],
      },
    });
    expect(
      await problemsOf({ ...own, "apps/shop/templates/a.yaml": 'a: {{ env "HOME" }}' }),
    ).toMatchObject([{ reason: "RenderFailed", message: expect.stringContaining("env") }]);
  });

  it("read nothing outside of their folder (R16)", async () => {
    const [object] =
      (
        (await renderIt({
          ...own,
          "apps/shop/secret.txt": "inside",
          "apps/other/secret.txt": "outside",
          "apps/shop/templates/a.yaml":
            'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  in: "{{ .Files.Get "secret.txt" }}"\n  out: "{{ .Files.Get "../other/secret.txt" }}{{ .Files.Get "/etc/hostname" }}"\n',
        })) as { value?: { objects: { object: { data: unknown } }[] } }
      ).value?.objects ?? [];
    expect(object?.object.data).toEqual({ in: "inside", out: "" });
  });

  it("that loop for ever harm only themselves (R11)", async () => {
    const { tree, files } = commitOf({
      ...own,
      "apps/shop/templates/a.yaml":
        "{{ range until 2000000000 }}{{ range until 2000000000 }}a{{ end }}{{ end }}",
    });
    const helm = createHelm(
      await settingsFor(paths.helm, { timeMs: 2000, memoryBytes: 128 * 1024 * 1024 }),
    );
    const rendered = await render(unitOf(), files, { tree, tools: { helm }, signal });
    expect(rendered).toMatchObject({ ok: false, problems: [{ reason: "RenderLimit" }] });
  });

  it("with chance in them keep what differs out of the digest (N-30)", async () => {
    const contents = {
      ...own,
      "apps/shop/templates/a.yaml":
        'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  password: "{{ randAlphaNum 20 }}"\n  user: admin\n',
      "apps/shop/templates/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n",
    };
    const normal = async () => {
      const rendered = await renderIt(contents);
      if (!rendered.ok) throw new Error(JSON.stringify(rendered.problems));
      return normalizeRender(rendered.value, {
        unit: unitOf(),
        installation: "i",
        agentNamespace: "holdfast-system",
        scopeOf: () => "namespaced",
        hasher,
      });
    };
    const [one, two] = [await normal(), await normal()];
    expect(one.problems).toEqual([]);
    const secret = one.desired.find(({ ref }) => ref.kind === "Secret");
    expect(secret?.unstable).toEqual(["/data/password"]);
    expect(one.desired.find(({ ref }) => ref.kind === "ConfigMap")?.unstable).toBeUndefined();
    expect(two.digest).toBe(one.digest);
    expect(two.desired.map(({ object }) => object)).not.toEqual(
      one.desired.map(({ object }) => object),
    );
  });

  it("that name objects by chance are refused (N-30)", async () => {
    const rendered = await renderIt({
      ...own,
      "apps/shop/templates/a.yaml":
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a-{{ randAlphaNum 8 | lower }}\n",
    });
    if (!rendered.ok) throw new Error(JSON.stringify(rendered.problems));
    const normal = normalizeRender(rendered.value, {
      unit: unitOf(),
      installation: "i",
      agentNamespace: "holdfast-system",
      scopeOf: () => "namespaced",
      hasher,
    });
    expect(normal.problems).toMatchObject([
      { reason: "RenderFailed", file: "apps/shop/templates/a.yaml" },
      { reason: "RenderFailed" },
    ]);
  });
});

describe.runIf(haveTools)(`real kustomizations (${why})`, () => {
  const layered = {
    "apps/shop/kustomization.yaml":
      "resources: [base]\nnamespace: prod\nnamePrefix: x-\nconfigMapGenerator:\n  - name: made\n    literals: [a=1]\n",
    "apps/shop/base/kustomization.yaml": "resources: [a.yaml]\n",
    "apps/shop/base/a.yaml":
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  externalName: "${{ cluster.values.domain }}"\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: web\n',
  };

  it("are placed where their objects were written", async () => {
    expect(await placesOf(layered)).toEqual([
      "ServiceAccount x-web apps/shop/base/a.yaml:8",
      expect.stringMatching(/^ConfigMap x-made-\w+ apps\/shop\/kustomization\.yaml:1$/),
      "Service x-web apps/shop/base/a.yaml:1",
    ]);
  });

  it("take expressions after the build, and name the line of one that is undefined", async () => {
    const rendered = await renderIt(layered);
    expect(rendered.ok && rendered.value.objects[2]?.object["spec"]).toEqual({
      externalName: "eu.example.com",
    });
    const wrong = { ...layered };
    wrong["apps/shop/base/a.yaml"] = wrong["apps/shop/base/a.yaml"].replace("domain", "nothing");
    expect(await problemsOf(wrong)).toMatchObject([
      { reason: "ValueUndefined", file: "apps/shop/base/a.yaml", line: 6 },
    ]);
  });

  it("load no file from beside their own folder (R16)", async () => {
    const problems = await problemsOf({
      "apps/shop/kustomization.yaml": "resources: [sub]\n",
      "apps/shop/sub/kustomization.yaml":
        "configMapGenerator:\n  - name: a\n    files: [../secret.txt]\n",
      "apps/shop/secret.txt": "x",
    });
    expect(problems).toMatchObject([
      { reason: "RenderFailed", message: expect.stringContaining("security") },
    ]);
    expect(JSON.stringify(problems)).not.toContain("holdfast-render-");
  });
});

describe.runIf(haveTools && haveInputs.ok)(`podinfo (${why}; ${haveInputs.why})`, () => {
  it("renders as a chart and as a kustomization, every object in a file of its own", async () => {
    const inputs = await unpackInputs(await temporaryFolder());
    const chart = await committed(join(inputs, "podinfo/charts/podinfo"), "apps/shop");
    const charted = await placesOf(chart, {
      values: { replicaCount: 2, hpa: { enabled: true }, ingress: { enabled: true } },
    });
    const tests = charted.filter((place) => place.includes("/templates/tests/"));
    expect(tests).toHaveLength(3); // left out later, like all hooks that are never run (O-10)
    expect(charted.filter((place) => !tests.includes(place))).toEqual([
      "Service shop-podinfo apps/shop/templates/service.yaml:3",
      "Deployment shop-podinfo apps/shop/templates/deployment.yaml:2",
      "HorizontalPodAutoscaler shop-podinfo apps/shop/templates/hpa.yaml:3",
      "Ingress shop-podinfo apps/shop/templates/ingress.yaml:5",
    ]);
    const deploy = await committed(join(inputs, "podinfo/deploy"), "apps/shop");
    const built = await placesOf(deploy, { path: "apps/shop/overlays/production" });
    expect(built.length).toBeGreaterThan(20);
    expect(built.filter((place) => !/\/(bases|overlays\/production)\//.test(place))).toEqual([]);
    expect(readChart(unitOf(), commitOf(chart).files)).toMatchObject({ ok: true });
  });
});
