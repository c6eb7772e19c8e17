import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { AgentEvent } from "../../agent/model/event.ts";
import { createGitRecords } from "../../agent/source/git-records.ts";
import { publishRecords } from "../../agent/term/records.ts";
import { unitStatus } from "../telemetry/samples.ts";
import { type GitServer, type Refusal, type SeenRequest, startGitServer } from "./git-server.ts";
import { VirtualClock } from "./virtual-clock.ts";

const run = promisify(execFile);

/** One request as the Git server saw it, by its own time. */
export interface TimedRequest extends SeenRequest {
  readonly atMs: number;
}

/** A fleet of publishers, as agents run them, against one real Git server with a clock that skips what nobody waits for. */
export class PublishingFleet {
  readonly clock = new VirtualClock(Date.UTC(2026, 10, 21, 9));
  readonly requests: TimedRequest[] = [];
  readonly events: (readonly [string, AgentEvent])[] = [];
  readonly names: readonly string[];
  /** What the server does with a request instead of answering. */
  verdict: (request: TimedRequest) => Refusal | "lost" | undefined = () => undefined;
  readonly #home: string;
  readonly #server: GitServer;
  #running: readonly { stop(): Promise<void> }[] = [];

  private constructor(home: string, size: number, started: (fleet: PublishingFleet) => GitServer) {
    this.#home = home;
    this.names = Array.from({ length: size }, (_, n) => `cluster-${String(n).padStart(2, "0")}`);
    this.#server = started(this);
  }

  static async create(size: number): Promise<PublishingFleet> {
    const home = await mkdtemp(join(tmpdir(), "holdfast-records-"));
    const bare = join(home, "records.git");
    await run("git", ["init", "--quiet", "--bare", "--initial-branch=main", bare]);
    await run("git", ["-C", bare, "config", "http.receivepack", "true"]);
    let fleet: PublishingFleet | undefined;
    const server = await startGitServer(home, {
      now: () => fleet?.clock.now() ?? 0,
      before: (request) => fleet?.see(request),
    });
    fleet = new PublishingFleet(home, size, () => server);
    return fleet;
  }

  get url(): string {
    return `${this.#server.url}/records.git`;
  }

  see(request: SeenRequest): Refusal | "lost" | undefined {
    const seen = { ...request, atMs: this.clock.now() };
    this.requests.push(seen);
    return this.verdict(seen);
  }

  /** Pushes that reached Git, whatever became of their answers. */
  get pushes(): readonly TimedRequest[] {
    return this.requests.filter(({ path }) => path.endsWith("/git-receive-pack"));
  }

  /** All agents at once, each with a clock of its own error, each with something new to say whenever it is asked. */
  start(isRestless: boolean): void {
    this.#running = this.names.map((cluster, index) => this.#startOne(cluster, index, isRestless));
  }

  #startOne(cluster: string, index: number, isRestless: boolean) {
    const ended = new AbortController();
    const clock = this.clock.of((index - 10) * 3_600_000);
    const credential = { username: cluster, password: () => "secret" };
    const carrier = createGitRecords({ url: this.url, cluster, credential, clock });
    const emit = (event: AgentEvent) => void this.events.push([cluster, event]);
    const random = { next: () => (index + 1) / 21, id: () => cluster };
    const facts = { cluster, uid: cluster, agent: "1.4.0", kubernetes: "v1.36.3", source: {} };
    let looks = 0;
    const look = () => {
      looks += isRestless ? 1 : 0;
      const objects = { managed: 44 + looks, drifted: 0, unhealthy: 0, heldDeletions: 0 };
      return { facts, statuses: [{ ...unitStatus(), cluster, objects }], clusters: this.names };
    };
    const publishing = { heartbeatMs: 600_000, look };
    const done = publishRecords({ carrier, clock, random, emit }, publishing, ended.signal);
    const stop = async () => {
      ended.abort();
      await done;
      await carrier.close();
    };
    return { stop };
  }

  async pass(minutes: number): Promise<void> {
    await this.clock.pass(minutes * 60_000, () => this.#running.length);
  }

  async stopAgents(): Promise<void> {
    await Promise.all(this.#running.map(({ stop }) => stop()));
    this.#running = [];
  }

  async close(): Promise<void> {
    await this.stopAgents();
    await this.#server.stop();
    await rm(this.#home, { recursive: true, force: true });
  }
}

/** The most of them in any window of this length. */
export function mostWithin(times: readonly number[], windowMs: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.max(
    0,
    ...sorted.map((from) => sorted.filter((at) => at >= from && at < from + windowMs).length),
  );
}
