import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIPv6 } from "node:net";

/** What a route answers. `HEAD` gets the same without the body. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a route may look at: nothing else of a request is read. */
export interface Asked {
  /** As sent, not decoded: `/apps/shop?refresh=30`. */
  readonly target: string;
  readonly host: string;
  readonly ifNoneMatch: string | undefined;
}

export type Handler = (asked: Asked) => Answer | Promise<Answer>;

export interface Listening {
  readonly url: string;
  stop(): Promise<void>;
}

interface ListenSettings {
  readonly host: string;
  readonly port: number;
  /** So many at once; idle ones are closed after 5 s. */
  readonly connections: number;
  readonly onError: (error: unknown) => void;
}

const longestTarget = 2048;
/** The page has no script at all, so none is allowed; else as observability §10 has it. */
const policy = [
  "default-src 'none'",
  "script-src 'none'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** Whatever the route: text stays text, nothing is guessed, no other site may use it. */
export const plainHeaders = {
  "Content-Type": "text/plain; charset=utf-8",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
  "Content-Security-Policy": policy,
} as const;

export function plainAnswer(status: number, body: string): Answer {
  return { status, headers: plainHeaders, body: `${body}\n` };
}

/** One answer for every name and route that does not exist: nothing can be told apart (observability §10). */
export const notFound = plainAnswer(404, "not found");

/** A server for GET and HEAD with caps on headers, bodies, connections and time (NEG-19). */
export async function listen(handler: Handler, settings: ListenSettings): Promise<Listening> {
  const { host, port, connections, onError } = settings;
  const server = createServer(
    {
      maxHeaderSize: 8 * 1024,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      answerTo(request, handler).then(
        (answer) => send(request, response, answer),
        (error: unknown) => {
          onError(error);
          send(request, response, plainAnswer(500, "internal error"));
        },
      );
    },
  );
  server.maxConnections = connections;
  server.maxHeadersCount = 64;
  server.maxRequestsPerSocket = 1_000;
  server.timeout = 30_000;
  await started(server, host, port);
  return { url: urlOf(server, host), stop: () => stopped(server) };
}

async function answerTo(request: IncomingMessage, handler: Handler): Promise<Answer> {
  const { method = "", url = "", headers } = request;
  if (method !== "GET" && method !== "HEAD") {
    const answer = plainAnswer(405, "method not allowed");
    return { ...answer, headers: { ...answer.headers, Allow: "GET, HEAD" } };
  }
  if (hasBody(request)) return plainAnswer(413, "no body is read here");
  if (url.length > longestTarget) return plainAnswer(414, "address too long");
  return handler({ target: url, host: headers.host ?? "", ifNoneMatch: headers["if-none-match"] });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body, "utf8");
  const isEmpty = answer.status === 304;
  const refused = answer.status >= 405 && answer.status <= 414;
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(isEmpty ? {} : { "Content-Length": String(body.length) }),
    ...(refused ? { Connection: "close" } : {}),
  });
  response.end(request.method === "HEAD" || isEmpty ? undefined : body);
}

function started(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function stopped(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
