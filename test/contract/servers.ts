import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApiServer } from "../../cli/sandbox/kubernetes/server.ts";
import { haveControlPlane } from "../e2e/binaries.ts";
import { startControlPlane } from "../e2e/control-plane.ts";
import { type Body, type Connection, type Reply, type Sent, Wire } from "./connection.ts";
import { normalised } from "./normalise.ts";

/** One server, and a namespace of its own for each case. */
export class Server {
  readonly wire: Wire;
  readonly kind: "sandbox" | "real";
  readonly namespace: string;

  constructor(wire: Wire, kind: Server["kind"], namespace: string) {
    this.wire = wire;
    this.kind = kind;
    this.namespace = namespace;
  }

  /** Path below this case's namespace: `at("configmaps", "x")`, `at("apps/v1/deployments")`. */
  at(resource: string, name?: string): string {
    const [group, version = "v1", plural] = resource.split("/");
    const root = plural === undefined ? "/api/v1" : `/apis/${group}/${version}`;
    const below = name === undefined ? "" : `/${name}`;
    return `${root}/namespaces/${this.namespace}/${plural ?? resource}${below}`;
  }

  send(method: string, path: string, sent?: Sent): Promise<Reply> {
    return this.wire.send(method, path, sent);
  }

  post(path: string, body: unknown, query = "fieldManager=poster"): Promise<Reply> {
    return this.send("POST", `${path}?${query}`, { body });
  }

  put(path: string, body: unknown, query = "fieldManager=putter"): Promise<Reply> {
    return this.send("PUT", `${path}?${query}`, { body });
  }

  apply(path: string, body: unknown, query = "fieldManager=applier"): Promise<Reply> {
    return this.send("PATCH", `${path}?${query}`, {
      body,
      contentType: "application/apply-patch+yaml",
    });
  }

  merge(path: string, body: unknown, query = "fieldManager=merger"): Promise<Reply> {
    return this.send("PATCH", `${path}?${query}`, {
      body,
      contentType: "application/merge-patch+json",
    });
  }

  operations(path: string, body: unknown, query = "fieldManager=patcher"): Promise<Reply> {
    return this.send("PATCH", `${path}?${query}`, {
      body,
      contentType: "application/json-patch+json",
    });
  }

  get(path: string, accept?: string): Promise<Reply> {
    return this.send("GET", path, accept === undefined ? {} : { accept });
  }

  delete(path: string, body?: unknown): Promise<Reply> {
    return this.send("DELETE", path, body === undefined ? {} : { body });
  }

  /** Asks until it is so, at most half a minute. */
  async until(path: string, isDone: (reply: Reply) => boolean): Promise<Reply> {
    for (let tries = 0; tries < 300; tries += 1) {
      const reply = await this.get(path);
      if (isDone(reply)) return reply;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${this.kind}: ${path} did not come to what was awaited`);
  }
}

export interface Suite {
  /** Runs on both servers; what it returns must be the same, and pass `expectation`. */
  each<T>(name: string, run: (server: Server) => Promise<T>, expectation: (seen: T) => void): void;
  readonly hasReal: () => boolean;
  servers(): { sandbox: Wire; real: Wire | undefined };
}

/** Both servers for one file of cases. */
export function bothServers(): Suite {
  const prefix = `c${Math.floor(Math.random() * 46_656).toString(36)}`;
  const wires: { sandbox?: Wire; real?: Wire } = {};
  const stops: (() => Promise<void>)[] = [];
  let count = 0;
  beforeAll(async () => {
    const sandbox = await startApiServer({ readyAfterMs: 50 });
    stops.push(() => sandbox.stop());
    wires.sandbox = new Wire(sandbox);
    const real = await realServer(stops);
    if (real !== undefined) wires.real = new Wire(real);
  });
  afterAll(async () => {
    await Promise.all([wires.sandbox?.close(), wires.real?.close()]);
    for (const stop of stops.reverse()) await stop();
  });
  const servers = () => ({ sandbox: wires.sandbox!, real: wires.real });
  return {
    servers,
    hasReal: () => wires.real !== undefined,
    each: (name, run, expectation) => {
      count += 1;
      const namespace = `${prefix}-${count}`;
      test(name, async (context) => {
        const seen = await onServer(new Server(wires.sandbox!, "sandbox", namespace), run);
        expectation(seen);
        if (wires.real === undefined) {
          context.skip("no real API server: only the sandbox was asked");
          return;
        }
        const real = await onServer(new Server(wires.real, "real", namespace), run);
        expectation(real);
        expect(seen, "the sandbox answers as the real server").toEqual(real);
      });
    },
  };
}

async function onServer<T>(server: Server, run: (server: Server) => Promise<T>): Promise<T> {
  const made = await server.post("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: server.namespace },
  });
  expect(made.code).toBe(201);
  try {
    return normalised(await run(server));
  } finally {
    await server.delete(`/api/v1/namespaces/${server.namespace}`);
  }
}

/** A server that runs already (HOLDFAST_CONTRACT_URL, _TOKEN, _CA: path), else one that is started; undefined where none can be. */
async function realServer(stops: (() => Promise<void>)[]): Promise<Connection | undefined> {
  const {
    HOLDFAST_CONTRACT_URL: url,
    HOLDFAST_CONTRACT_TOKEN: token,
    HOLDFAST_CONTRACT_CA: ca,
  } = process.env;
  if (url !== undefined) {
    return {
      url,
      token: token ?? "",
      ...(ca === undefined ? {} : { ca: readFileSync(ca, "utf8") }),
    };
  }
  const have = haveControlPlane();
  if (!have.ok) {
    process.stderr.write(`SKIPPED: the real API server's half of test/contract: ${have.why}\n`);
    return undefined;
  }
  const plane = await startControlPlane({ clusters: 1 });
  stops.push(() => plane.stop());
  const [cluster] = plane.clusters;
  return cluster;
}

/** Only what a case is about. */
export function outcome({ code, body }: Reply): Body {
  if (body.kind !== "Status") return { code, object: body };
  const { reason, message, details } = body;
  const causes = [...(details?.causes ?? [])].sort((a, b) =>
    JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
  );
  return {
    code,
    reason,
    message,
    ...(causes.length > 0 ? { causes } : {}),
    details: { ...details, causes: undefined },
  };
}
