import * as fs from "node:fs";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clone } from "isomorphic-git";
import http from "isomorphic-git/http/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Agent } from "../agent/agent.ts";
import { parseSettings } from "../agent/config/settings.ts";
import { createAgentPorts } from "../agent/ports.ts";
import { createDemoApi, type DemoApi, fieldAt } from "../cli/demo/api.ts";
import { createCliPorts } from "../cli/ports.ts";
import { run } from "../cli/run.ts";
import { type SandboxGit, startGitServer } from "../cli/sandbox/git/server.ts";
import type { SandboxCluster } from "../cli/sandbox/kubernetes/sandbox.ts";
import { startApiServer } from "../cli/sandbox/kubernetes/server.ts";
import { realClock } from "./doubles/ports.ts";
import { findTool } from "./helm.ts";
import { root } from "./tree.ts";

interface Site {
  readonly folder: string;
  readonly clusters: ReadonlyMap<string, SandboxCluster>;
  readonly git: SandboxGit;
  readonly running: { readonly stop: () => Promise<void> }[];
}

const tools = { helm: findTool("helm"), kustomize: findTool("kustomize") };
const canRender = tools.helm !== undefined && tools.kustomize !== undefined;

/** The example in a Git server, a clone of it, and an empty API server for every cluster of it. */
async function siteOf(example: string): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-example-"));
  const origin = join(root, "examples", example);
  const files = readdirSync(origin, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path.slice(origin.length + 1), readFileSync(path, "utf8")] as const);
  const git = await startGitServer();
  git.commitFiles({ files: Object.fromEntries(files), message: "our fleet" });
  await clone({ fs, http, dir: join(folder, "clone"), url: git.url });
  const clusters = new Map<string, SandboxCluster>();
  for (const file of readdirSync(join(origin, "clusters"))) {
    clusters.set(file.replace(".yaml", ""), await startApiServer());
  }
  writeFileSync(join(folder, "kubeconfig"), kubeconfigOf(clusters));
  return { folder, clusters, git, running: [] };
}

function kubeconfigOf(clusters: Site["clusters"]): string {
  const all = [...clusters];
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: all.map(([name, { url }]) => ({ name, cluster: { server: url } })),
    users: all.map(([name, { token }]) => ({ name, user: { token } })),
    contexts: all.map(([name]) => ({ name, context: { cluster: name, user: name } })),
  });
}

/** A real agent for every cluster, with its own stores and render workers. */
function startAgents({ folder, clusters, git, running }: Site): void {
  for (const name of clusters.keys()) {
    const flags = {
      "cluster-name": name,
      "source-url": git.url,
      "source-interval": "1s",
      "store-path": join(folder, `store-${name}`),
      kubeconfig: join(folder, "kubeconfig"),
      context: name,
      ...(tools.helm === undefined ? {} : { "helm-path": tools.helm }),
      ...(tools.kustomize === undefined ? {} : { "kustomize-path": tools.kustomize }),
    };
    const settings = parseSettings({ flags, env: {} });
    if (!settings.ok) throw new Error(JSON.stringify(settings.problems));
    const facts = { version: "1", instance: name };
    const agent = new Agent(
      settings.value,
      createAgentPorts(settings.value, facts, () => {}),
    );
    const stopping = new AbortController();
    const ended = agent.run(stopping.signal);
    const stop = async () => {
      stopping.abort();
      await ended;
    };
    running.push({ stop });
  }
}

/** Plays the ingress controller: an Ingress is healthy once it has an address. */
function giveAddresses({ clusters, running }: Site): { readonly stop: () => Promise<void> } {
  const stopping = new AbortController();
  const ingresses = "/apis/networking.k8s.io/v1";
  const apis = [...clusters.values()].map((one) => createDemoApi(one, stopping.signal));
  const play = async (api: DemoApi) => {
    const items = (await api.get(`${ingresses}/ingresses`))?.["items"];
    for (const item of Array.isArray(items) ? items : []) {
      if (fieldAt(item, "status", "loadBalancer", "ingress") !== undefined) continue;
      const { namespace, name } = item.metadata;
      const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
      const path = `${ingresses}/namespaces/${namespace}/ingresses/${name}/status`;
      await api.patch(path, { status }, "ingress-controller");
    }
  };
  const loop = async () => {
    while (!stopping.signal.aborted) {
      for (const api of apis) await play(api);
      await realClock.sleep(200);
    }
  };
  const ended = loop();
  const stop = async () => {
    stopping.abort();
    await ended.catch(() => {});
  };
  running.push({ stop });
  return { stop };
}

async function close({ folder, clusters, git, running }: Site): Promise<void> {
  for (const { stop } of running) await stop();
  for (const cluster of clusters.values()) await cluster.stop();
  await git.close();
  rmSync(folder, { recursive: true, force: true });
}

/** The command line as a person runs it in the clone. */
async function holdfast({ folder }: Site, ...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const stream = (lines: string[]) => ({
    isTty: false,
    columns: 200,
    write: (text: string) => void lines.push(text),
  });
  const code = await run({
    args: [...args, "--kubeconfig", join(folder, "kubeconfig")],
    env: {},
    cwd: join(folder, "clone"),
    home: folder,
    version: "1",
    stdin: { isTty: false },
    stdout: stream(out),
    stderr: stream(err),
    interrupted: new AbortController().signal,
    ports: createCliPorts({
      kubeconfig: undefined,
      tlsRejectUnauthorized: undefined,
      tools: { ...tools, path: "" },
    }),
    prompt: async () => "",
  });
  return { code, stdout: out.join(""), stderr: err.join("") };
}

interface DiffDocument {
  readonly apps: readonly {
    readonly app: string;
    readonly variants: readonly {
      readonly clusters: readonly string[];
      readonly objects: readonly { readonly action: string }[];
    }[];
  }[];
}

const examples = [
  { name: "minimal", needs: true },
  { name: "fleet", needs: true },
  { name: "mixed", needs: canRender },
  { name: "ordered", needs: true },
];

describe.each(examples)("examples/$name", ({ name, needs }) => {
  describe.skipIf(!needs)("on empty clusters (skipped where helm or kustomize are missing)", () => {
    let site: Site;
    beforeAll(async () => {
      site = await siteOf(name);
    }, 60_000);
    afterAll(() => close(site), 60_000);

    it("is valid", async () => {
      expect(await holdfast(site, "validate")).toMatchObject({ code: 0, stderr: "" });
    });

    it("plans nothing but new objects, for every app and cluster", async () => {
      const { code, stdout } = await holdfast(site, "diff", "-o", "json");
      expect(code).toBe(1);
      const { apps }: DiffDocument = JSON.parse(stdout);
      const variants = apps.flatMap((app) => app.variants);
      const actions = variants.flatMap(({ objects }) => objects.map(({ action }) => action));
      const hooks = name === "ordered" ? ["run"] : [];
      expect(new Set(actions)).toEqual(new Set(["create", ...hooks]));
      const clusters = new Set(variants.flatMap((variant) => variant.clusters));
      expect(clusters).toEqual(new Set(site.clusters.keys()));
    });

    it("is live once the agents ran, and then nothing is left to plan", async () => {
      startAgents(site);
      const balancing = giveAddresses(site);
      const waited = await holdfast(site, "wait", "--timeout", "60s");
      expect(waited).toMatchObject({ code: 0 });
      await balancing.stop();
      const again = await holdfast(site, "diff");
      expect(again).toMatchObject({ code: 0, stdout: "no difference\n" });
      const status = await holdfast(site, "status", "--exit-code");
      expect(status).toMatchObject({ code: 0 });
    }, 90_000);
  });
});
