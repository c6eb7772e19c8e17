#!/usr/bin/env node
import { write } from "node:fs";
import { hostname } from "node:os";
import { parseArgs, promisify } from "node:util";
import packageJson from "../package.json" with { type: "json" };
import { Agent } from "./agent.ts";
import { parseSettings, type Settings, settingsList } from "./config/settings.ts";
import type { Emit } from "./model/event.ts";
import { createAgentPorts } from "./ports.ts";
import { systemClock } from "./schedule/system.ts";
import { type Servers, startServers } from "./server/servers.ts";
import { createLineSink } from "./telemetry/line-sink.ts";
import { createLogs, type Logs } from "./telemetry/logs.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";
import { createRedactor, type Redactor } from "./telemetry/redact.ts";

const graceMs = 20_000;
const secretsKept = 16;
const writeOut = promisify(write);
const builtFrom = process.env["HOLDFAST_COMMIT"] ?? "unknown";

process.exitCode = await main();

/** 0 after a clean stop, 1 when it cannot start, 2 for settings that are wrong. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: options(), strict: false });
  if (values["help"] === true) return help();
  const { help: _help, ...flags } = values;
  const settings = parseSettings({ flags, env: process.env });
  if (!settings.ok) {
    for (const { message, next } of settings.problems) {
      process.stderr.write(`error: ${message}${next === undefined ? "" : `\n  next  ${next}`}\n`);
    }
    return 2;
  }
  return runAgent(settings.value);
}

function options(): Record<string, { type: "string" | "boolean"; multiple?: boolean }> {
  const known = settingsList.map(({ flag, type }) => {
    const kind = type === "boolean" ? "boolean" : "string";
    return [flag, type === "array" ? { type: kind, multiple: true } : { type: kind }] as const;
  });
  return { help: { type: "boolean" }, ...Object.fromEntries(known) };
}

function help(): number {
  const lines = settingsList.map(({ flag, variable, description, default: preset }) => {
    const given = preset === undefined ? "" : ` (default ${String(preset)})`;
    return `  --${flag}\n      ${description}${given}; ${variable}`;
  });
  const example =
    "holdfast-agent --cluster-name prod-eu-1 --source-url https://git.example.com/acme/fleet";
  process.stdout.write(
    `Reconciles one cluster with a Git repository.\n\n  ${example}\n\n${lines.join("\n")}\n`,
  );
  return 0;
}

interface Telling {
  readonly emit: Emit;
  readonly logs: Logs;
  readonly metrics: Metrics;
  readonly redact: (text: string) => string;
  readonly hide: (secret: string) => void;
  settled(): Promise<void>;
}

function tellingOf(settings: Settings): Telling {
  const cluster = settings.cluster.name;
  const redactor = createRedactor();
  const redact = (text: string): string => redactor.redact(text);
  const sink = createLineSink({
    send: async (chunk) => void (await writeOut(1, chunk)),
    droppedLine: (count) =>
      `${JSON.stringify({ level: "warn", msg: `${count} log lines were dropped` })}\n`,
  });
  const { level } = settings.log;
  const logs = createLogs({ level, write: sink.write, clock: systemClock, cluster, redact });
  const metrics = createMetrics({
    cluster,
    version: packageJson.version,
    commit: builtFrom,
    nodeVersion: process.version,
    clock: systemClock,
    source: { url: settings.source.url, ref: settings.source.ref },
    revisionLabels: settings.metrics.revisionLabels,
    redact,
  });
  const emit: Emit = (event) => {
    metrics.emit(event);
    logs.emit(event);
  };
  const hide = rememberSecrets(redactor);
  return { emit, logs, metrics, redact, hide, settled: () => sink.settled() };
}

/** Tokens rotate: the newest few are masked, and what is long dead is forgotten. */
function rememberSecrets({ add }: Redactor): (secret: string) => void {
  const known = new Map<string, () => void>();
  return (secret) => {
    if (known.has(secret)) return;
    known.set(secret, add(secret));
    const [oldest] = known;
    if (known.size <= secretsKept || oldest === undefined) return;
    known.delete(oldest[0]);
    oldest[1]();
  };
}

async function runAgent(settings: Settings): Promise<number> {
  const telling = tellingOf(settings);
  const { emit, logs, hide, redact } = telling;
  const { version } = packageJson;
  const tls = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  const instance = process.env["HOSTNAME"] ?? hostname();
  const path = process.env["PATH"] ?? "";
  const refused = tls && { tlsRejectUnauthorized: tls };
  const facts = { version, instance, path, hide, redact, ...refused, ...podServer() };
  const agent = new Agent(settings, createAgentPorts(settings, facts, emit));
  const servers = await serve(settings, agent, telling);
  const urls = Object.values(servers.urls).join(" and ");
  logs.log("info", `listening on ${urls}`, { event: "listening" });
  emit({ type: "agent-started", version, commit: builtFrom });
  try {
    await agent.run(stopSignal(emit));
    return 0;
  } catch (error) {
    emit({ type: "error", message: String(error), ...stackOf(error) });
    return 1;
  } finally {
    await servers.stop();
    await telling.settled();
  }
}

/** As every pod is told; a kubeconfig that kubectl would use comes first. */
function podServer(): { readonly podServer?: string } {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, KUBECONFIG } = process.env;
  if (KUBECONFIG || !host || !port) return {};
  return { podServer: `https://${host.includes(":") ? `[${host}]` : host}:${port}` };
}

function serve(
  settings: Settings,
  agent: Agent,
  { emit, metrics, redact }: Telling,
): Promise<Servers> {
  const { metrics: probes, statusPage } = settings;
  return startServers({
    ports: { probes: probes.port, ...(statusPage.enabled && { page: statusPage.port }) },
    host: probes.host,
    snapshot: () => agent.snapshot(),
    metrics,
    ready: () => agent.ready(),
    alive: () => agent.alive(),
    allowedHosts: statusPage.allowedHosts,
    redact,
    onError: (error) => emit({ type: "error", message: String(error), ...stackOf(error) }),
  });
}

function stackOf(error: unknown): { readonly stack?: string } {
  return error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
}

/** SIGTERM and SIGINT stop cleanly; what has not ended within the grace time is cut off. */
function stopSignal(emit: Emit): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => {
      emit({ type: "agent-stopping", why: name });
      stop.abort();
      setTimeout(() => process.exit(1), graceMs).unref();
    });
  }
  return stop.signal;
}
