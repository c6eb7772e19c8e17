import { join } from "node:path";
import { Agent } from "../../agent/agent.ts";
import { parseSettings } from "../../agent/config/settings.ts";
import type { Emit } from "../../agent/model/event.ts";
import { createAgentPorts } from "../../agent/ports.ts";
import { systemClock } from "../../agent/schedule/system.ts";
import { startServers } from "../../agent/server/servers.ts";
import { createMetrics } from "../../agent/telemetry/metrics.ts";
import type { ClusterName } from "./clusters.ts";

export interface DemoPlace {
  readonly name: ClusterName;
  /** For stores. */
  readonly folder: string;
  readonly kubeconfig: string;
  readonly gitUrl: string;
  /** Port of the status page; 0 takes a free one. */
  readonly page: number;
  readonly version: string;
  readonly emit: Emit;
}

export interface DemoAgent {
  /** URL of its status page. */
  readonly page: string;
  /** Polls Git now, as a webhook would. */
  nudge(): void;
  stop(): Promise<void>;
}

/** One real agent, set up as its process would be: settings, ports, page. */
export async function startDemoAgent(place: DemoPlace): Promise<DemoAgent> {
  const { name, gitUrl, version } = place;
  const settings = parseSettings({ flags: flagsOf(place), env: {} });
  if (!settings.ok) throw new Error(settings.problems.map(({ message }) => message).join("; "));
  const source = { url: gitUrl, ref: "main" };
  const about = { cluster: name, version, commit: "demo", nodeVersion: process.version };
  const metrics = createMetrics({ ...about, clock: systemClock, source });
  const emit: Emit = (event) => {
    metrics.emit(event);
    place.emit(event);
  };
  const facts = { version, instance: `demo-${name}` };
  const agent = new Agent(settings.value, createAgentPorts(settings.value, facts, emit));
  const servers = await startServers({
    ports: { probes: 0, page: place.page },
    host: "127.0.0.1",
    snapshot: () => agent.snapshot(),
    metrics,
    ready: () => agent.ready(),
    alive: () => agent.alive(),
    allowedHosts: [],
  });
  const stopping = new AbortController();
  const running = agent.run(stopping.signal).catch((error: unknown) => {
    if (!stopping.signal.aborted) emit({ type: "error", message: String(error) });
  });
  return {
    page: servers.urls.page ?? "",
    nudge: () => agent.nudge(),
    async stop() {
      stopping.abort();
      await running;
      await servers.stop();
    },
  };
}

function flagsOf({ name, folder, kubeconfig, gitUrl }: DemoPlace) {
  return {
    "cluster-name": name,
    "source-url": gitUrl,
    "source-interval": "1s",
    "store-path": join(folder, `store-${name}`),
    kubeconfig,
    context: name,
  };
}
