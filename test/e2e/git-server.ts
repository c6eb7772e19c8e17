import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The original Git over smart HTTP (`git http-backend`), which can be told to fail. */
export interface GitServerOptions {
  /** What its `Date` headers say; default: the machine's time. */
  readonly now?: () => number;
  /** Sees every request before Git does; what it gives back is the answer, `lost` loses Git's. */
  readonly before?: (request: SeenRequest) => Refusal | "lost" | undefined;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** Of its Authorization header. */
  readonly user: string | undefined;
}

export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface GitServer {
  /** Of the repository in the folder it serves: `<url>/<name>.git`. */
  readonly url: string;
  /** Every later request is answered with this status; undefined: Git answers. */
  failWith(status: number | undefined): void;
  /** Requests so far. */
  count(): number;
  stop(): Promise<void>;
}

export async function startGitServer(
  folder: string,
  { now, before }: GitServerOptions = {},
): Promise<GitServer> {
  let failure: number | undefined;
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    if (now !== undefined) response.setHeader("Date", new Date(now()).toUTCString());
    const verdict =
      failure === undefined ? before?.(seenIn(request)) : { status: failure, headers: {} };
    if (verdict === undefined) answer(folder, request, response);
    else if (verdict === "lost") answer(folder, request, lost(response));
    else response.writeHead(verdict.status, verdict.headers).end("this server fails on purpose\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    failWith: (status) => {
      failure = status;
    },
    count: () => requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function seenIn({ method = "", url = "", headers }: IncomingMessage): SeenRequest {
  const [, encoded] = /^Basic (.+)$/.exec(headers.authorization ?? "") ?? [];
  const user = encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString();
  return { method, path: url, user: user?.split(":")[0] };
}

/** Git does its work, and the line is cut before its answer. */
function lost(response: ServerResponse): ServerResponse {
  const cut = () => response.destroy();
  return Object.assign(Object.create(response), {
    setHeader: () => response,
    writeHead: () => response,
    write: () => true,
    end: cut,
  });
}

/** One request by the Common Gateway Interface (RFC 3875). */
function answer(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const protocol = request.headers["git-protocol"];
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method ?? "GET",
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      REMOTE_ADDR: "127.0.0.1",
      ...(request.headers["content-encoding"] === undefined
        ? {}
        : { HTTP_CONTENT_ENCODING: request.headers["content-encoding"] }),
      ...(typeof protocol === "string" ? { GIT_PROTOCOL: protocol } : {}),
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  request.pipe(child.stdin);
  child.stdin.on("error", () => {
    // Git does not read what it does not need.
  });
  let head = Buffer.alloc(0);
  let isHeadDone = false;
  child.stdout.on("data", (part: Buffer) => {
    if (isHeadDone) {
      response.write(part);
      return;
    }
    head = Buffer.concat([head, part]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return;
    isHeadDone = true;
    writeHead(response, head.subarray(0, end).toString("latin1"));
    response.write(head.subarray(end + 4));
  });
  child.on("close", () => response.end());
}

function writeHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
