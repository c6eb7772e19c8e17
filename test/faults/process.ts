import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findPorts } from "../e2e/ports.ts";

export interface AgentOptions {
  /** Named by a Cluster document. */
  readonly clusterName: string;
  readonly kubeconfig: string;
  readonly repositoryUrl: string;
  /** Store and log go here; the same folder again: as a pod that kept its volume. */
  readonly folder: string;
  /** More flags, or other values: long names without dashes. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Of Node itself: profiles. */
  readonly nodeFlags?: readonly string[];
  /** Default: `agent/main.ts`. */
  readonly main?: string;
}

/** Lease times of the kill tests: a killed agent's successor waits at most six seconds. */
export const testLease = {
  "lease-duration": "6s",
  "lease-renew-deadline": "1s",
  "lease-write-timeout": "4s",
} as const;

/** A real agent in a process of its own, from the sources as they ship. */
export class AgentProcess {
  readonly port: number;
  readonly logPath: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  private constructor(child: ChildProcess, port: number, logPath: string) {
    this.#child = child;
    this.port = port;
    this.logPath = logPath;
    this.#ended = new Promise((resolve) => {
      child.on("error", () => resolve(null));
      child.on("exit", (code) => resolve(code));
    });
    running.add(child);
    child.on("exit", () => running.delete(child));
  }

  static async start(options: AgentOptions): Promise<AgentProcess> {
    const { clusterName, kubeconfig, repositoryUrl, folder, flags, nodeFlags = [] } = options;
    const { main = join(import.meta.dirname, "../../agent/main.ts") } = options;
    await mkdir(folder, { recursive: true });
    const port = await findPorts(2);
    const all: Readonly<Record<string, string>> = {
      "cluster-name": clusterName,
      kubeconfig,
      "source-url": repositoryUrl,
      "source-interval": "1s",
      "store-path": join(folder, "store"),
      "metrics-host": "127.0.0.1",
      "metrics-port": `${port}`,
      "status-page-host": "127.0.0.1",
      "status-page-port": `${port + 1}`,
      ...flags,
    };
    const logPath = join(folder, "agent.log");
    const log = openSync(logPath, "a");
    const args = Object.entries(all).map(([name, value]) => `--${name}=${value}`);
    const child = spawn(process.execPath, [...nodeFlags, main, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    return new AgentProcess(child, port, logPath);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the agent could not be started");
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** SIGKILL: nothing is tidied up. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** SIGTERM; the exit code. */
  async stop(): Promise<number | null> {
    if (!this.hasEnded) this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 30_000);
    const code = await this.#ended;
    clearTimeout(late);
    return code;
  }

  /** The end of its log, for messages. */
  logTail(lines = 30): string {
    if (!existsSync(this.logPath)) return "";
    return readFileSync(this.logPath, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  }

  async probe(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`);
    return { status: answer.status, text: await answer.text() };
  }
}

/** A test runner that ends takes its agents along. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
