import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../agent/schedule/clock.ts";
import { type SandboxGit, startGitServer } from "../sandbox/git/server.ts";
import { type SandboxCluster, startApiServer } from "../sandbox/kubernetes/server.ts";
import { type DemoAgent, startDemoAgent } from "./agent.ts";
import { createDemoApi } from "./api.ts";
import { type ClusterName, clusterNames, demoKubeconfig } from "./clusters.ts";
import type { DemoFleet } from "./fleet.ts";
import { createNews } from "./news.ts";
import { demoFiles } from "./repository.ts";

export interface DemoSettings {
  readonly clock: Clock;
  readonly version: string;
  /** Of the first status page, the others follow; 0 takes free ones. */
  readonly port: number;
}

/** Until a Deployment of the demo is ready. */
const readyAfterMs = 300;

/** Starts everything on loopback and in a folder of its own; `stop` leaves nothing behind. */
export async function startDemo(settings: DemoSettings, signal: AbortSignal): Promise<DemoFleet> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-demo-"));
  const git = await startGitServer();
  const servers = new Map<ClusterName, SandboxCluster>();
  const agents = new Map<ClusterName, DemoAgent>();
  const stop = async () => {
    const before = [...agents.values()].map((agent) => agent.stop());
    await Promise.allSettled(before);
    await Promise.allSettled([
      ...[...servers.values()].map((server) => server.stop()),
      git.close(),
    ]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    git.commitFiles({ files: demoFiles, message: "first commit", ...authored(settings.clock) });
    for (const name of clusterNames) servers.set(name, await startApiServer({ readyAfterMs }));
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, demoKubeconfig(servers), { mode: 0o600 });
    const news = createNews();
    for (const [index, name] of clusterNames.entries()) {
      const page = settings.port === 0 ? 0 : settings.port + index;
      const { version } = settings;
      const place = {
        name,
        folder,
        kubeconfig,
        gitUrl: git.url,
        page,
        version,
        emit: news.ear(name),
      };
      agents.set(name, await startDemoAgent(place));
    }
    return fleetOf({ ...settings, git, servers, agents, kubeconfig, news, stop }, signal);
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Running extends DemoSettings {
  readonly git: SandboxGit;
  readonly servers: ReadonlyMap<ClusterName, SandboxCluster>;
  readonly agents: ReadonlyMap<ClusterName, DemoAgent>;
  readonly kubeconfig: string;
  readonly news: ReturnType<typeof createNews>;
  readonly stop: () => Promise<void>;
}

function fleetOf(running: Running, signal: AbortSignal): DemoFleet {
  const { clock, git, servers, agents, kubeconfig, news, stop } = running;
  return {
    clock,
    gitUrl: git.url,
    kubeconfig,
    pages: new Map([...agents].map(([name, { page }]) => [name, page])),
    api: (name) => {
      const server = servers.get(name);
      if (server === undefined) throw new Error(`there is no cluster ${name}`);
      return createDemoApi(server, signal);
    },
    commit: (message, files) => {
      git.commitFiles({ files, message, ...authored(clock) });
      for (const agent of agents.values()) agent.nudge();
    },
    news: () => news.lines(signal),
    stop,
  };
}

function authored(clock: Clock): { readonly author: string; readonly time: number } {
  return { author: "Ana <ana@example.com>", time: Math.floor(clock.now() / 1000) };
}
