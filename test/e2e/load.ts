import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { isJsonObject } from "../../agent/model/json.ts";
import type { KubeObject } from "../../agent/model/object.ts";
import type { Api } from "../faults/api.ts";
import type { TestCluster } from "./control-plane.ts";
import { findPorts } from "./ports.ts";

const group = "metrics.k8s.io";
const apiVersion = `${group}/v1beta1`;
const service = { name: "test-load", namespace: "kube-system" };

/**
 * The resource metrics API of one cluster, behind its API server's aggregator: every container of a running pod uses as
 * much CPU as the test says. Nothing else is pretended; the real HPA controller asks it and decides by itself.
 */
export class Load {
  readonly #api: Api;
  readonly #server: Server;
  readonly #milliCpu = new Map<string, number>();

  private constructor(api: Api, server: Server) {
    this.#api = api;
    this.#server = server;
  }

  /** Of this machine's clusters only: the API server reaches the test at `localhost`, with the certificate of its own. */
  static async start(cluster: TestCluster, api: Api): Promise<Load> {
    const key = await readFile(cluster.caPath.replace(/\.crt$/, ".key"), "utf8");
    const port = await findPorts(1);
    const server = createServer({ key, cert: cluster.ca });
    const load = new Load(api, server);
    server.on("request", (request, response) => {
      const url = new URL(request.url ?? "/", "https://localhost");
      load.#answer(url).then(
        (body) => {
          response.writeHead(body === undefined ? 404 : 200, {
            "content-type": "application/json",
          });
          response.end(JSON.stringify(body ?? {}));
        },
        (error: unknown) => {
          response.writeHead(500);
          response.end(String(error));
        },
      );
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    await load.#register(port);
    return load;
  }

  /** Each container of the namespace's pods uses so much from now on. Default 10. */
  use(namespace: string, milliCpu: number): void {
    this.#milliCpu.set(namespace, milliCpu);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #register(port: number): Promise<void> {
    const { name, namespace } = service;
    await this.#api.ask("POST", `/api/v1/namespaces/${namespace}/services`, {
      body: {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, namespace },
        spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] },
      },
    });
    await this.#api.ask("POST", "/apis/apiregistration.k8s.io/v1/apiservices", {
      body: {
        apiVersion: "apiregistration.k8s.io/v1",
        kind: "APIService",
        metadata: { name: `v1beta1.${group}` },
        spec: {
          group,
          version: "v1beta1",
          groupPriorityMinimum: 100,
          versionPriority: 100,
          insecureSkipTLSVerify: true,
          service: { ...service, port },
        },
      },
    });
  }

  async #answer({ pathname, searchParams }: URL): Promise<object | undefined> {
    if (pathname === `/apis/${apiVersion}`) return resources;
    const [, namespace] = /\/namespaces\/([^/]+)\/pods$/.exec(pathname) ?? [];
    if (namespace === undefined) return undefined;
    const selector = encodeURIComponent(searchParams.get("labelSelector") ?? "");
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`;
    const milliCpu = this.#milliCpu.get(namespace) ?? 10;
    const pods = (await this.#api.items(path)).filter(isRunning);
    const items = pods.map((pod) => usageOf(pod, milliCpu));
    return { apiVersion, kind: "PodMetricsList", metadata: {}, items };
  }
}

const resources = {
  apiVersion: "v1",
  kind: "APIResourceList",
  groupVersion: apiVersion,
  resources: [
    {
      name: "pods",
      singularName: "",
      namespaced: true,
      kind: "PodMetrics",
      verbs: ["get", "list"],
    },
  ],
};

function isRunning({ status }: KubeObject): boolean {
  return isJsonObject(status) && status.phase === "Running";
}

function usageOf({ metadata, spec }: KubeObject, milliCpu: number): object {
  const containers = isJsonObject(spec) && Array.isArray(spec.containers) ? spec.containers : [];
  return {
    apiVersion,
    kind: "PodMetrics",
    metadata: { name: metadata.name, namespace: metadata.namespace, labels: metadata.labels },
    timestamp: new Date().toISOString(),
    // A pod counts once it has been ready for a whole window.
    window: "1s",
    containers: containers.filter(isJsonObject).map(({ name }) => ({
      name,
      usage: { cpu: `${milliCpu}m`, memory: "20Mi" },
    })),
  };
}
