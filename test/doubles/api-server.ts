import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it came over the wire. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the server does with it. */
export type Reply =
  | {
      readonly status: number;
      readonly headers?: Record<string, string | string[]>;
      readonly body: unknown;
    }
  | { readonly text: string; readonly status?: number; readonly headers?: Record<string, string> }
  /** Says it sends more than it does, then closes. */
  | { readonly cut: string }
  /** Takes the request and closes without a word. */
  | { readonly reset: true }
  /** Takes the request and says nothing more. */
  | { readonly hang: true }
  /** A body that goes on: the test writes and ends it. */
  | { readonly stream: (response: ServerResponse) => void };

export interface FakeApiServer {
  readonly url: string;
  /** All that came, in order, discovery left out. */
  readonly received: readonly Received[];
  /** Most requests that were open at a time. */
  mostInFlight(): number;
  close(): Promise<void>;
}

/** A real HTTP server on loopback that serves discovery of a few kinds, and for the rest does what the test says. */
export async function startFakeApiServer(
  answer: (request: Received) => Reply | Promise<Reply>,
): Promise<FakeApiServer> {
  const received: Received[] = [];
  let open = 0;
  let most = 0;
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", async () => {
      const url = new URL(incoming.url ?? "/", "http://fake");
      const request: Received = {
        method: incoming.method ?? "",
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString(),
      };
      const known = discovery[request.path];
      if (known === undefined) received.push(request);
      open += 1;
      most = Math.max(most, open);
      send(response, known === undefined ? await answer(request) : { status: 200, body: known });
      open -= 1;
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    mostInFlight: () => most,
    close: () => closeServer(server),
  };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}

function send(response: ServerResponse, reply: Reply): void {
  if ("hang" in reply) return;
  if ("reset" in reply) {
    response.socket?.destroy();
    return;
  }
  if ("stream" in reply) {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    reply.stream(response);
    return;
  }
  if ("cut" in reply) {
    response.writeHead(200, { "content-type": "application/json", "content-length": "100000" });
    response.write(reply.cut, () => response.socket?.destroy());
    return;
  }
  if ("text" in reply) {
    response.writeHead(reply.status ?? 200, { "content-type": "text/html", ...reply.headers });
    response.end(reply.text);
    return;
  }
  response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
  response.end(JSON.stringify(reply.body));
}

/** The body of a refusal, as the API server words it. */
export function statusBody(code: number, reason: string, more: object = {}): Reply {
  return {
    status: code,
    body: { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, ...more },
  };
}

function resource(kind: string, plural: string, scope = "Namespaced") {
  return {
    resource: plural,
    responseKind: { group: "", version: "", kind },
    scope,
    verbs: ["get"],
  };
}

function group(name: string, version: string, resources: readonly object[]) {
  return { metadata: { name }, versions: [{ version, freshness: "Current", resources }] };
}

const discovery: Readonly<Record<string, unknown>> = {
  "/version": { gitVersion: "v1.36.3" },
  "/api": {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    items: [
      group("", "v1", [
        resource("ConfigMap", "configmaps"),
        resource("Secret", "secrets"),
        resource("Namespace", "namespaces", "Cluster"),
      ]),
    ],
  },
  "/apis": {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    items: [
      group("apps", "v1", [resource("Deployment", "deployments")]),
      group("coordination.k8s.io", "v1", [resource("Lease", "leases")]),
      group("holdfast.dev", "v1alpha1", [resource("App", "apps")]),
    ],
  },
};
