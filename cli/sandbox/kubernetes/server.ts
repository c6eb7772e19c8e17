import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Clock, isoTime } from "../../../agent/schedule/clock.ts";
import { systemClock, systemRandom } from "../../../agent/schedule/system.ts";
import type { Cluster } from "./cluster.ts";
import { workFor } from "./controllers/run.ts";
import { ownOptions, system } from "./controllers/system.ts";
import { eventKey, isPlayed, settleWorkload } from "./controllers/workloads.ts";
import { document } from "./http/documents.ts";
import { type Answer, faultAnswer, readCall, writeAnswer } from "./http/exchange.ts";
import { Fault } from "./http/fault.ts";
import { objectAnswer, targetAt } from "./http/objects.ts";
import { pathNotFound } from "./http/paths.ts";
import { routeOf } from "./http/route.ts";
import { streamWatch, type WatchTimes } from "./http/stream.ts";
import { Registry } from "./kinds/registry.ts";
import type { OpenLists } from "./read/list.ts";
import type { ApiServerOptions, LoggedRequest, SandboxCluster } from "./sandbox.ts";
import { Store, type StoredEvent } from "./store/store.ts";
import { createFromBody } from "./write/create.ts";

export type { ApiServerOptions, SandboxCluster } from "./sandbox.ts";

const requestsKept = 20_000;

/** Starts an API server that keeps everything in memory, on loopback. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<SandboxCluster> {
  const server = new SandboxServer(options);
  await server.listen(options.port ?? 0);
  return server.asCluster();
}

class SandboxServer {
  readonly #options: ApiServerOptions;
  readonly #token: string;
  readonly #http: Server;
  readonly #cluster: Cluster;
  readonly #requests: LoggedRequest[] = [];
  readonly #watches = new Set<() => void>();
  readonly #stopped = new AbortController();
  readonly #clock: Clock;
  readonly #open: OpenLists = new Map();
  readonly #work: (() => void)[] = [];
  #isWorking = false;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#token = options.token ?? systemRandom.id();
    this.#cluster = {
      store: new Store(options.logLimit ?? 5_000),
      registry: new Registry(),
      now: () => isoTime(this.#clock.now()),
      uid: options.uid ?? systemRandom.id,
      admit: (admission) => options.admit?.(admission),
      clusterIps: { next: 0 },
    };
    this.#http = createServer((request, response) => void this.#serve(request, response));
  }

  async listen(port: number): Promise<void> {
    this.#cluster.store.listen((event) => this.#follow(event));
    for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"])
      this.#createNamespace(name);
    this.#drain();
    await new Promise<void>((resolve, reject) => {
      this.#http.once("error", reject);
      this.#http.listen(port, "127.0.0.1", resolve);
    });
  }

  #createNamespace(name: string): void {
    const served = this.#cluster.registry.find("", "v1", "namespaces");
    if (served === undefined) throw new Error("the type table lacks namespaces");
    const target = { cluster: this.#cluster, served, namespace: "", name: "", subresource: "" };
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    createFromBody(target, body, ownOptions(system.apiServer));
  }

  /** Controllers work after the request that caused it, never inside it. */
  #follow(event: StoredEvent): void {
    this.#work.push(...workFor(this.#cluster, event));
    const { readyAfterMs = 0 } = this.#options;
    if (readyAfterMs === "never" || event.type === "DELETED" || !isPlayed(event.resource)) return;
    this.#clock.sleep(readyAfterMs, this.#stopped.signal).then(
      () => {
        settleWorkload(this.#cluster, event.resource, eventKey(event.object));
        this.#drain();
      },
      () => undefined, // stopped meanwhile
    );
  }

  #drain(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      for (let work = this.#work.shift(); work !== undefined; work = this.#work.shift()) work();
    } finally {
      this.#isWorking = false;
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const logged = this.#log(request);
    response.on("error", () => undefined);
    try {
      const failure = this.#options.fail?.(logged);
      const answer = failure ?? (await this.#answer(request, response, logged));
      logged.code = answer?.code ?? 200;
      if (answer !== undefined) writeAnswer(response, answer);
    } catch (error) {
      const answer = faultAnswer(error);
      logged.code = answer.code;
      if (!response.headersSent) writeAnswer(response, answer);
    }
    this.#drain();
  }

  #log(request: IncomingMessage): LoggedRequest {
    const logged: LoggedRequest = {
      method: request.method ?? "GET",
      path: request.url ?? "/",
      userAgent: request.headers["user-agent"] ?? "",
      user: String(request.headers["impersonate-user"] ?? "admin"),
      time: this.#clock.now(),
      code: 0,
    };
    this.#requests.push(logged);
    if (this.#requests.length > requestsKept) this.#requests.shift();
    return logged;
  }

  /** By header, or by a path that starts with `/token/<token>`, which is taken off. */
  #authenticate(request: IncomingMessage): boolean {
    const prefix = `/token/${this.#token}`;
    if (request.url?.startsWith(prefix) !== true) {
      return request.headers.authorization === `Bearer ${this.#token}`;
    }
    request.url = request.url.slice(prefix.length) || "/";
    return true;
  }

  /** Undefined: the answer is a stream that goes on. */
  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { user }: LoggedRequest,
  ): Promise<Answer | undefined> {
    const isKnown = this.#authenticate(request);
    const call = await readCall(request, user);
    const route = routeOf(call.url.pathname);
    if (route?.to === "health") return { code: 200, body: "ok" };
    if (!isKnown) {
      throw new Fault(401, "Unauthorized", { message: "Unauthorized" });
    }
    if (route === undefined) throw pathNotFound();
    if (route.to !== "object") {
      const stale = this.#options.staleGroups ?? new Set<string>();
      return document({ cluster: this.#cluster, stale }, call, route);
    }
    const target = targetAt(this.#cluster, route);
    const isWatch =
      route.isWatch || ["true", "1"].includes(call.url.searchParams.get("watch") ?? "");
    if (call.method !== "GET" || !isWatch) return objectAnswer(target, call, this.#open);
    if (target.name !== "")
      call.url.searchParams.set("fieldSelector", `metadata.name=${target.name}`);
    const end = streamWatch(target, { request, response, call }, this.#watchTimes());
    this.#watches.add(end);
    response.on("close", () => this.#watches.delete(end));
    return undefined;
  }

  #watchTimes(): WatchTimes {
    const { bookmarkMs = 10_000 } = this.#options;
    return { clock: this.#clock, bookmarkMs, defaultSeconds: 1_800 };
  }

  asCluster(): SandboxCluster {
    const address = this.#http.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { store } = this.#cluster;
    return {
      url: `http://127.0.0.1:${port}`,
      token: this.#token,
      requests: this.#requests,
      store,
      stop: () => this.#stop(),
      snapshot: () => store.snapshot(),
      restore: (snapshot) => {
        this.#endWatches();
        store.restore(snapshot);
        this.#reloadDefinitions();
      },
      compact: () => store.compact(store.revision),
      endWatches: () => this.#endWatches(),
    };
  }

  #reloadDefinitions(): void {
    const { registry } = this.#cluster;
    for (const { group, plural, builtin } of registry.all()) {
      if (!builtin) registry.setCustom(`${plural}.${group}`, undefined);
    }
    const crds = "apiextensions.k8s.io/customresourcedefinitions";
    for (const [, object] of this.#cluster.store.list(crds)) {
      this.#work.push(
        ...workFor(this.#cluster, {
          revision: 0,
          type: "MODIFIED",
          resource: crds,
          object,
          previous: object,
        }),
      );
    }
    this.#drain();
  }

  #endWatches(): void {
    for (const end of [...this.#watches]) end();
  }

  async #stop(): Promise<void> {
    this.#stopped.abort();
    this.#endWatches();
    await new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }
}
