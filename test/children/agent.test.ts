import { mkdtempSync, rmSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Agent } from "../../agent/agent.ts";
import { createHelm } from "../../agent/children/helm.ts";
import { createKustomize } from "../../agent/children/kustomize.ts";
import { connectTo } from "../../agent/cluster/connection.ts";
import { parseSettings } from "../../agent/config/settings.ts";
import type { AgentEvent } from "../../agent/model/event.ts";
import { isJsonObject } from "../../agent/model/json.ts";
import { createAgentPorts } from "../../agent/ports.ts";
import type { RenderTools } from "../../agent/render/tool.ts";
import { createGitSource } from "../../agent/source/git.ts";
import { startGitServer } from "../../cli/sandbox/git/server.ts";
import { startApiServer } from "../../cli/sandbox/kubernetes/server.ts";
import { realClock } from "../doubles/ports.ts";
import { documentOf } from "../fleet/fleet-files.ts";
import { until } from "../pass/bench.ts";
import { realTool } from "./binaries.ts";
import { fakeTool, settingsFor, temporaryFolder } from "./fakes.ts";

const helmPath = realTool("helm");
const kustomizePath = realTool("kustomize");
const haveTools = helmPath !== undefined && kustomizePath !== undefined;
const why = "needs helm and kustomize: HOLDFAST_TEST_BIN, the control plane's cache, or PATH";

const own = "apiVersion: v2\nname: own\nversion: 1.0.0\n";

function app(name: string, files: Readonly<Record<string, string>>) {
  const spec = `{ namespace: ${name}, clusters: {}, values: { value: one } }`;
  const inFolder = Object.entries(files).map(([path, text]) => [`apps/${name}/${path}`, text]);
  return {
    [`apps/${name}/app.yaml`]: documentOf("App", name, spec),
    ...(Object.fromEntries(inFolder) as Record<string, string>),
  };
}

function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  value: "${value}"\n`;
}

const fleet = {
  "fleet.yaml": documentOf("Fleet", "acme", "{ folders: [clusters, apps] }"),
  "clusters/eu.yaml": documentOf("Cluster", "eu", "{ values: {} }"),
  ...app("plain", { "a.yaml": configMap("a", "one") }),
  ...app("charted", {
    "Chart.yaml": own,
    "templates/a.yaml": configMap("a", "{{ .Values.value }} {{ .Capabilities.KubeVersion.Major }}"),
    "templates/b.yaml": configMap("b", "{{ randAlphaNum 20 }}"),
  }),
  ...app("layered", {
    "kustomization.yaml": "resources: [a.yaml]\nnamePrefix: x-\n",
    "a.yaml": configMap("a", "$" + "{{ values.value }}"),
  }),
  ...app("looping", {
    "Chart.yaml": own,
    "templates/a.yaml": "{{ range until 2000000000 }}{{ end }}",
  }),
  ...app("printing", {
    "Chart.yaml": own,
    "templates/a.yaml": 'a: {{ repeat 1000000000 "a" }}',
  }),
  ...app("straying", { "kustomization.yaml": "resources: [../plain]\n" }),
  ...app("remote", { "kustomization.yaml": "resources: ['https://example.com/x.yaml']\n" }),
};

async function startAgent(files: Readonly<Record<string, string>>, tools: RenderTools) {
  const cluster = await startApiServer();
  const git = await startGitServer();
  git.commitFiles({ files, message: "first" });
  const folder = mkdtempSync(join(tmpdir(), "holdfast-agent-"));
  const flags = { "cluster-name": "eu", "source-url": git.url, "store-path": folder };
  const settings = parseSettings({ flags, env: {} });
  if (!settings.ok) throw new Error(JSON.stringify(settings.problems));
  const events: AgentEvent[] = [];
  const facts = { version: "1", instance: "test", connection: connectTo(cluster), tools };
  const ports = createAgentPorts(settings.value, facts, (event) => void events.push(event));
  const place = { url: git.url, ref: "main", storePath: folder, worker: false, clock: realClock };
  const agent = new Agent(settings.value, { ...ports, source: createGitSource(place) });
  const stopping = new AbortController();
  const running = agent.run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
    await ports.source.close();
    await git.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return { agent, cluster, git, events };
}

describe.runIf(haveTools)(`an agent with the real tools (${why})`, () => {
  it("syncs charts and kustomizations, and what harms is harmed alone", {
    timeout: 60_000,
  }, async () => {
    const tight = { timeMs: 4000, memoryBytes: 200 * 1024 * 1024 };
    const { agent, cluster, git, events } = await startAgent(fleet, {
      helm: createHelm(await settingsFor(helmPath, tight)),
      kustomize: createKustomize(await settingsFor(kustomizePath, tight)),
    });
    const states = () =>
      Object.fromEntries(
        agent.snapshot().units.map(({ app: name, state, reason }) => [name, `${state} ${reason}`]),
      );
    const wanted = {
      plain: "Synced InSync",
      charted: "Synced InSync",
      layered: "Synced InSync",
      looping: "Failed RenderLimit",
      printing: "Failed RenderLimit",
      straying: "Failed RenderFailed",
      remote: "Failed RemoteRefused",
    };
    await expect.poll(states, { timeout: 40_000, interval: 200 }).toEqual(wanted);
    const value = (id: string): unknown => {
      const found: unknown = cluster.store.get("/configmaps", id);
      const data = isJsonObject(found) ? found["data"] : undefined;
      return isJsonObject(data) ? data["value"] : undefined;
    };
    expect([value("plain/a"), value("charted/a"), value("layered/x-a")]).toEqual([
      "one",
      "one 1",
      "one",
    ]);

    // N-30: what was made by chance lives on through a change beside it.
    const made = value("charted/b");
    expect(made).toMatch(/^\w{20}$/);
    expect(events).toContainEqual({
      type: "warning",
      app: "charted",
      reason: "NonDeterministic",
      message: expect.stringContaining("ConfigMap charted/b /data/value"),
    });
    git.commitFiles({
      files: { "apps/charted/templates/a.yaml": configMap("a", "two") },
      message: "second",
    });
    agent.nudge();
    await until(() => value("charted/a") === "two", "the change of the chart");
    await expect.poll(states, { timeout: 40_000, interval: 200 }).toEqual(wanted);
    expect(value("charted/b")).toBe(made);
  });
});

describe("an agent whose helm is missing", () => {
  it("says so, and renders when it has come, without a new commit (R22)", {
    timeout: 60_000,
  }, async () => {
    const late = join(await temporaryFolder(), "helm");
    const files = {
      "fleet.yaml": fleet["fleet.yaml"],
      "clusters/eu.yaml": fleet["clusters/eu.yaml"],
      ...app("charted", { "Chart.yaml": own }),
    };
    const helm = createHelm(await settingsFor(late));
    const { agent } = await startAgent(files, { helm });
    const reason = () => agent.snapshot().units.map((unit) => unit.reason);
    await expect.poll(reason, { timeout: 20_000 }).toEqual(["ToolMissing"]);
    await copyFile(await fakeTool(`printf '${configMap("a", "v").replaceAll("\n", "\\n")}'`), late);
    await expect.poll(reason, { timeout: 30_000 }).toEqual(["InSync"]);
  });
});
