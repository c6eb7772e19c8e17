import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createHelm } from "../agent/children/helm.ts";
import { createKustomize } from "../agent/children/kustomize.ts";
import { createSlots } from "../agent/children/slots.ts";
import type { Discovery, ServedKind } from "../agent/cluster/client.ts";
import { documentPaths, type Fleet, parseFleet } from "../agent/fleet/fleet.ts";
import { selectUnits } from "../agent/fleet/units.ts";
import type { Commit } from "../agent/model/artifact.ts";
import type { KubeObject } from "../agent/model/object.ts";
import type { Parsed } from "../agent/model/problem.ts";
import type { Unit } from "../agent/model/unit.ts";
import { rendererOf } from "../agent/render/files.ts";
import type { RendererKind } from "../agent/render/from-tool.ts";
import type { RenderTools } from "../agent/render/tool.ts";
import { type Manifests, readManifests, runRender } from "../agent/rendering/manifests.ts";
import type { ConfigSource } from "../agent/source/source.ts";
import { readWorkTree, type WorkTree } from "../agent/source/work-tree.ts";
import { builtInScopes } from "../cli/commands/scopes.ts";
import { realClock, testHasher } from "./doubles/ports.ts";
import { findTool } from "./helm.ts";
import { root } from "./tree.ts";

const examples = readdirSync(join(root, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const signal = new AbortController().signal;

const children = { clock: realClock, slots: createSlots(2) };
const tools: RenderTools = {
  helm: createHelm({ ...children, path: findTool("helm") }),
  kustomize: createKustomize({ ...children, path: findTool("kustomize") }),
};

const commit: Commit = {
  id: "0".repeat(40),
  parents: [],
  title: "examples",
  message: "examples",
  author: "test",
  authoredAt: 0,
  committedAt: 0,
};

/** What Kubernetes itself serves; nothing else is needed by the examples. */
const discovery: Discovery = {
  kinds: new Map(
    [...builtInScopes()].map(([key, scope]) => {
      const [group = "", kind = ""] = key.split("/");
      const namespaced = scope === "namespaced";
      const served: ServedKind = { group, version: "v1", kind, plural: "", namespaced, verbs: [] };
      return [`${group}/v1/${kind}`, served];
    }),
  ),
  versions: new Map(),
  unknownGroups: new Set(),
  kubernetes: "v1.36.0",
};

interface Example {
  readonly workTree: WorkTree;
  readonly fleet: Fleet;
}

async function open(name: string): Promise<Example> {
  const gitFolder = join(root, ".git");
  const place = { root: join(root, "examples", name), headFolder: gitFolder, gitFolder };
  const workTree = await readWorkTree(place, () => true);
  const paths = documentPaths(workTree.tree, workTree.files.get("fleet.yaml"));
  expect(paths).toMatchObject({ ok: true });
  const fleet = parseFleet(workTree.tree, workTree.files);
  if (!fleet.ok) throw new Error(JSON.stringify(fleet.problems));
  return { workTree, fleet: fleet.value };
}

function sourceOf({ files }: WorkTree): ConfigSource {
  const absent = () => Promise.reject(new Error("an example has no history"));
  return {
    poll: async () => commit,
    commit: async () => commit,
    tree: absent,
    read: async (_id, paths) =>
      new Map(paths.flatMap((path) => (files.has(path) ? [[path, files.get(path)!]] : []))),
    contains: absent,
    log: absent,
    close: async () => undefined,
  };
}

function render({ workTree }: Example, unit: Unit): Promise<Parsed<Manifests>> {
  const source = sourceOf(workTree);
  const run: Parameters<typeof readManifests>[0]["run"] = (job, ending) =>
    runRender(job, { hasher: testHasher, tools }, ending);
  const from = { source, run, discovery, installation: "test", agentNamespace: "holdfast-system" };
  return readManifests(from, { unit, commit, tree: workTree.tree }, signal);
}

/** All units of an example on all its clusters. */
function unitsOf({ fleet }: Example): readonly Unit[] {
  return [...fleet.clusters.keys()].flatMap((name) => {
    const { units, broken, clusterProblems } = selectUnits(fleet, name, testHasher);
    expect([...broken, ...clusterProblems]).toEqual([]);
    return units;
  });
}

/** How many units of a renderer there are; each must render, whole. */
async function renderAll(example: Example, renderer: RendererKind): Promise<number> {
  const { tree } = example.workTree;
  const units = unitsOf(example).filter((unit) => rendererOf(unit, tree) === renderer);
  for (const unit of units) {
    const rendered = await render(example, unit);
    expect(rendered, `${unit.app} on ${unit.cluster.name}`).toMatchObject({ ok: true });
    if (!rendered.ok) continue;
    expect(rendered.value.desired.length).toBeGreaterThan(0);
    expect(rendered.value).toMatchObject({
      renderer,
      unsendable: [],
      unknownKinds: [],
      ignored: [],
    });
  }
  return units.length;
}

async function objectsOf(
  example: Example,
  app: string,
  cluster: string,
): Promise<readonly KubeObject[]> {
  const unit = unitsOf(example).find((one) => one.app === app && one.cluster.name === cluster);
  const rendered = await render(example, unit!);
  if (!rendered.ok) throw new Error(JSON.stringify(rendered.problems));
  return rendered.value.desired.map(({ object }) => object);
}

describe.each(examples)("examples/%s", (name) => {
  let example: Example;
  beforeAll(async () => {
    example = await open(name);
  });

  it("has documents without a fault", () => {
    expect(example.fleet.problems).toEqual([]);
    expect(example.fleet.clusters.size).toBeGreaterThan(0);
    expect(example.fleet.apps.size).toBeGreaterThan(0);
  });

  it("runs every app somewhere and something on every cluster", () => {
    const units = unitsOf(example);
    expect(new Set(units.map(({ app }) => app))).toEqual(new Set(example.fleet.apps.keys()));
    const used = units.map(({ cluster }) => cluster.name);
    expect(new Set(used)).toEqual(new Set(example.fleet.clusters.keys()));
  });

  it("renders every plain app for every cluster, and knows every kind", async () => {
    expect(await renderAll(example, "plain")).toBeGreaterThan(0);
  });
});

describe("examples/fleet", () => {
  it("gives every cluster its own values, and prod's canary the newer image", async () => {
    const example = await open("fleet");
    const images = await Promise.all(
      ["dev", "staging", "prod-eu", "prod-us"].map(async (cluster) => {
        const objects = await objectsOf(example, "shop", cluster);
        const shop = objects.find(({ kind }) => kind === "Deployment");
        return [cluster, JSON.stringify(shop).match(/ghcr\.io\/acme\/shop:([0-9.]+)/)?.[1]];
      }),
    );
    expect(Object.fromEntries(images)).toEqual({
      dev: "2.5.0",
      staging: "2.4.1",
      "prod-eu": "2.4.1",
      "prod-us": "2.4.0",
    });
    const [us] = (await objectsOf(example, "shop", "prod-us")).filter(
      ({ kind }) => kind === "ConfigMap",
    );
    expect(us).toMatchObject({ data: { CURRENCY: "USD", HOST: "shop.us.example.com" } });
  });

  it("keeps an app to the clusters that its labels name", async () => {
    const limits = unitsOf(await open("fleet")).filter(({ app }) => app === "limits");
    expect(limits.map(({ cluster }) => cluster.name)).toEqual(["dev"]);
  });
});

const absent = "is neither in HOLDFAST_TEST_BIN, nor in PATH, nor built by test/e2e/build.ts";

describe.skipIf(findTool("kustomize") === undefined)(
  `examples/mixed, kustomization (skipped where kustomize ${absent})`,
  () => {
    it("takes another overlay in prod, and what every app may read", async () => {
      const example = await open("mixed");
      expect(await renderAll(example, "kustomize")).toBe(2);
      const [dev, prod] = await Promise.all(
        ["dev", "prod"].map((cluster) => objectsOf(example, "web", cluster)),
      );
      const deployment = { kind: "Deployment", spec: { replicas: 3 } };
      expect(prod).toContainEqual(expect.objectContaining({ kind: "NetworkPolicy" }));
      expect(prod?.find(({ kind }) => kind === "Deployment")).toMatchObject(deployment);
      expect(JSON.stringify(prod)).toContain("ghcr.io/acme/web:1.7.2");
      expect(JSON.stringify(dev)).toContain("ghcr.io/acme/web:1.8.0");
      expect(dev).toContainEqual(
        expect.objectContaining({ kind: "ConfigMap", data: { greeting: "hello from dev" } }),
      );
    });
  },
);

describe.skipIf(findTool("helm") === undefined)(
  `examples/mixed, chart (skipped where helm ${absent})`,
  () => {
    it("gets the cluster's values over the values file over the chart's own", async () => {
      const example = await open("mixed");
      expect(await renderAll(example, "helm")).toBe(2);
      const prod = JSON.stringify(await objectsOf(example, "cart", "prod"));
      expect(prod).toContain("ghcr.io/acme/cart:2.3.1");
      expect(prod).toContain('"value":"cart.example.com"');
      expect(prod).toContain('"replicas":3');
      expect(JSON.stringify(await objectsOf(example, "cart", "dev"))).toContain('"replicas":1');
    });
  },
);
