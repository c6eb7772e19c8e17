import { type Listening, listen } from "./listen.ts";
import { createPageHandler } from "./page-routes.ts";
import { createProbeHandler } from "./probe-routes.ts";
import type { FleetSnapshot, Readiness } from "./snapshot.ts";

export interface ServerSettings {
  /** 0 takes a free one; without `page` there is no page. */
  readonly ports: { readonly probes: number; readonly page?: number };
  /** Address to bind: `0.0.0.0`, `127.0.0.1`. */
  readonly host: string;
  readonly snapshot: () => FleetSnapshot;
  readonly metrics: { text(): Promise<string>; readonly contentType: string };
  readonly ready: () => Readiness;
  /** False when the reconcile loop has stalled. */
  readonly alive: () => boolean;
  /** Names in `Host` that the page answers to, beside localhost and loopback addresses (DNS rebinding). */
  readonly allowedHosts: readonly string[];
  /** The last scrubber, for every free text of page and API. */
  readonly redact?: (text: string) => string;
  /** A handler threw: a bug, worth a log line. The visitor gets 500 without a word. */
  readonly onError?: (error: unknown) => void;
}

export interface Servers {
  /** `http://127.0.0.1:8080`, without a path. */
  readonly urls: { readonly probes: string; readonly page?: string };
  stop(): Promise<void>;
}

/** `/metrics /healthz /readyz` on one port; page and API on another (security §11). Throws when a port is taken. */
export async function startServers(settings: ServerSettings): Promise<Servers> {
  const { host, ports, onError = () => undefined } = settings;
  const probes = await listen(createProbeHandler(settings), {
    host,
    port: ports.probes,
    connections: 256,
    onError,
  });
  if (ports.page === undefined) return { urls: { probes: probes.url }, stop: probes.stop };
  const page = await startPage(settings, probes, ports.page);
  return {
    urls: { probes: probes.url, page: page.url },
    async stop() {
      await Promise.all([probes.stop(), page.stop()]);
    },
  };
}

async function startPage(
  settings: ServerSettings,
  probes: Listening,
  port: number,
): Promise<Listening> {
  const { host, onError = () => undefined } = settings;
  try {
    return await listen(createPageHandler(settings), { host, port, connections: 64, onError });
  } catch (error) {
    await probes.stop();
    throw error;
  }
}
