import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import { appCrd } from "../../agent/status/app-crd.ts";
import { Api, isKubeObject } from "../faults/api.ts";
import { Recorder } from "../faults/history.ts";
import { type AgentOptions, AgentProcess } from "../faults/process.ts";
import type { ControlPlane, TestCluster } from "./control-plane.ts";
import type { Repository } from "./repository.ts";

export const agentNamespace = "holdfast-system";

/** The clusters of the fleet tests; HOLDFAST_E2E_CLUSTERS takes fewer of them on a small or busy machine. */
export const clusterNames: readonly string[] = ["dev", "prod-eu", "prod-us"].slice(
  0,
  Number(process.env.HOLDFAST_E2E_CLUSTERS ?? 3),
);

/** What tests read of an App object's status. */
export interface AppStatus {
  readonly state: string;
  readonly stage: string;
  readonly reason: string;
  readonly message: string;
  readonly live: string | undefined;
  readonly applied: string | undefined;
  readonly desired: string | undefined;
  readonly all: Readonly<Record<string, unknown>>;
}

export interface SiteOptions {
  readonly plane: ControlPlane;
  readonly cluster: TestCluster;
  /** In Git. */
  readonly name: string;
  readonly repository: Repository;
  readonly flags?: AgentOptions["flags"];
  /** Another entry, and flags for its Node. */
  readonly program?: Pick<AgentOptions, "main" | "nodeFlags">;
}

/** One cluster with the agent that drives it. */
export class Site {
  readonly name: string;
  readonly cluster: TestCluster;
  readonly api: Api;
  readonly recorder: Recorder;
  readonly repository: Repository;
  readonly #folder: string;
  readonly #kubectl: string;
  readonly #flags: AgentOptions["flags"];
  readonly #program: Pick<AgentOptions, "main" | "nodeFlags">;
  #agent: AgentProcess | undefined;

  constructor({ plane, cluster, name, repository, flags, program = {} }: SiteOptions) {
    this.name = name;
    this.cluster = cluster;
    this.repository = repository;
    this.#flags = flags;
    this.#program = program;
    this.#kubectl = plane.bin("kubectl");
    this.#folder = join(plane.folder, `agent-${name}`);
    this.api = new Api(cluster);
    this.recorder = new Recorder({
      target: cluster,
      etcdUrl: plane.etcd?.url ?? "",
      prefix: `/${cluster.name}`,
      auditLog: cluster.auditLog,
      user: "holdfast",
      namespace: agentNamespace,
    });
  }

  /** What an installation brings: namespace and CRD. */
  async install(): Promise<void> {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: agentNamespace } };
    await this.api.ask("POST", "/api/v1/namespaces", { body: namespace });
    const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    await this.api.ask("POST", crds, { body: appCrd });
    await until("the App kind is served", async () => (await this.#apps()) !== undefined);
  }

  get agent(): AgentProcess {
    if (this.#agent === undefined) throw new Error(`no agent was started for ${this.name}`);
    return this.#agent;
  }

  async start(flags: AgentOptions["flags"] = {}): Promise<AgentProcess> {
    this.#agent = await AgentProcess.start({
      clusterName: this.name,
      kubeconfig: this.cluster.agentKubeconfig,
      repositoryUrl: this.repository.url,
      folder: this.#folder,
      flags: { ...this.#flags, ...flags },
      ...this.#program,
    });
    return this.#agent;
  }

  /** SIGTERM; the exit code, or undefined if no agent ran. */
  async stop(): Promise<number | null | undefined> {
    return await this.#agent?.stop();
  }

  /** The real kubectl, as a person. */
  async kubectl(...args: readonly string[]): Promise<string> {
    const all = ["--kubeconfig", this.cluster.kubeconfig, ...args];
    const { stdout } = await promisify(execFile)(this.#kubectl, all, { maxBuffer: 1 << 28 });
    return stdout;
  }

  /** What the files of a folder declare, as the real kubectl reads them: no YAML parser of ours in between. */
  async declaredIn(folder: string, namespace?: string): Promise<readonly KubeObject[]> {
    const args = [
      "create",
      "--dry-run=client",
      "--validate=false",
      "-o",
      "json",
      ...(namespace === undefined ? [] : ["-n", namespace]),
      "-R",
      "-f",
      folder,
    ];
    const documents = (await this.kubectl(...args)).trim().split(/(?<=^\})\n(?=\{)/m);
    return documents.map((text): unknown => JSON.parse(text)).filter(isKubeObject);
  }

  /** What the agent's user wrote since: its own bookkeeping (lease, Events, App status) left out. */
  async memberWritesSince(time: number): Promise<readonly string[]> {
    const lines = await this.recorder.writesSince(time);
    return lines
      .filter(({ objectRef }) => !["leases", "events", "apps"].includes(objectRef?.resource ?? ""))
      .map(
        ({ verb, requestURI, responseStatus }) => `${verb} ${requestURI} ${responseStatus?.code}`,
      );
  }

  /** A counter or gauge of the agent; 0 where it has no such series. */
  async metric(name: string, labels: string): Promise<number> {
    const { text } = await this.agent.probe("/metrics");
    const lines = text
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`) && line.includes(labels));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  async app(name: string): Promise<AppStatus | undefined> {
    const found = (await this.#apps())?.find(({ metadata }) => metadata.name === name);
    return found === undefined ? undefined : readApp(found);
  }

  /** Waits until the App object says so; else fails with what it said last, and the agent's last lines. */
  async untilApp(
    name: string,
    is: (status: AppStatus) => boolean,
    {
      what = "",
      timeoutMs = 150_000,
    }: { readonly what?: string; readonly timeoutMs?: number } = {},
  ): Promise<AppStatus> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const status = await this.app(name);
      if (status !== undefined && is(status)) return status;
      if (Date.now() > end || this.agent.hasEnded) throw this.#unmet(name, what, status);
      await pause(150);
    }
  }

  #unmet(name: string, what: string, status: AppStatus | undefined): Error {
    const said = status === undefined ? "there is no App object" : JSON.stringify(status.all);
    const ended = this.agent.hasEnded ? "; the agent has ended" : "";
    return new Error(
      `${this.name}: ${name} did not become ${what}${ended}. It says:\n${said.slice(0, 6000)}\nthe agent's log ends:\n${this.agent.logTail()}`,
    );
  }

  async #apps(): Promise<readonly KubeObject[] | undefined> {
    const path = `/apis/holdfast.dev/v1alpha1/namespaces/${agentNamespace}/apps`;
    return await this.api.items(path).catch(() => undefined);
  }
}

function readApp({ spec, status }: KubeObject): AppStatus | undefined {
  if (!isJsonObject(status)) return undefined;
  const revisions = isJsonObject(status.revisions) ? status.revisions : {};
  const commit = (key: string) => {
    const revision = revisions[key];
    return isJsonObject(revision) ? String(revision.commit) : undefined;
  };
  const desired = isJsonObject(spec) ? spec.desired : undefined;
  return {
    state: String(status.state),
    stage: String(status.stage),
    reason: String(status.reason),
    message: String(status.message),
    live: commit("live"),
    applied: commit("applied"),
    desired: typeof desired === "string" ? desired : undefined,
    all: status,
  };
}

/** Ends early when it is told to stop. */
export function pause(ms: number, stop?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      stop?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stop?.addEventListener("abort", done);
  });
}

/** Polls; a throw counts as not yet. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  timeoutMs = 120_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end)
      throw new Error(`not within ${timeoutMs / 1000} s: ${what}`, { cause: last });
    await pause(100);
  }
}
