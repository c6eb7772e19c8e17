import type { GitHttpRequest, GitHttpResponse, HttpClient } from "isomorphic-git";
import { Agent, type Dispatcher, request } from "undici";
import type { Clock } from "../schedule/clock.ts";
import type { Address } from "./address.ts";
import { invalid, SourceError } from "./errors.ts";
import { connectionFailure, single, statusFailure } from "./http-failure.ts";
import type { SourceLimits } from "./limits.ts";

export interface BasicCredential {
  readonly username: string;
  readonly password: string;
}

export interface TransportOptions {
  readonly address: Address;
  readonly limits: SourceLimits;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  /** PEM; trusted besides nothing else for this source. */
  readonly ca?: string | undefined;
}

/** One exchange's worth of rights: who we are, how much may come, when to stop. */
export interface Exchange {
  readonly credential: BasicCredential | undefined;
  /** Of answers to POST; to GET it is the advertisement cap. */
  readonly answerBytes: number;
  readonly signal: AbortSignal;
}

/** The only way to the Git host (security §4.2). Each `client` is isomorphic-git's `http` plugin for one exchange. */
export interface Transport {
  client(exchange: Exchange): HttpClient;
  close(): Promise<void>;
}

/** A keep-alive pool for one repository address: no redirects, caps and time limits on everything. */
export function createTransport(options: TransportOptions): Transport {
  const { limits, ca } = options;
  const dispatcher = new Agent({
    connect: { timeout: limits.connectMs, ...(ca === undefined ? {} : { ca }) },
    headersTimeout: limits.headersMs,
    bodyTimeout: limits.idleMs,
    connections: 2,
  });
  return {
    client: (exchange) => ({
      request: (asked) => send({ ...options, dispatcher, exchange }, asked),
    }),
    close: () => dispatcher.destroy(),
  };
}

interface Wire extends TransportOptions {
  readonly dispatcher: Dispatcher;
  readonly exchange: Exchange;
}

/** The whole answer is here, within its cap, before isomorphic-git sees a byte of it: a broken stream cannot hang it. */
async function send(wire: Wire, asked: GitHttpRequest): Promise<GitHttpResponse> {
  const { address, exchange } = wire;
  const method = asked.method === "POST" ? "POST" : "GET";
  const headers = authorized(wire, asked);
  const body = asked.body === undefined ? null : await joined(asked.body);
  const { dispatcher } = wire;
  const { signal } = exchange;
  try {
    const answer = await request(asked.url, { method, headers, body, dispatcher, signal });
    // A body that is let go reports so as an error; unheard, that would end the process.
    answer.body.on("error", () => undefined);
    const chunks = await wanted(wire, answer, method).catch((error: unknown) => {
      answer.body.destroy();
      throw error;
    });
    return {
      url: asked.url,
      method,
      statusCode: answer.statusCode,
      statusMessage: "OK",
      headers: {
        "content-type": single(answer.headers["content-type"]) ?? "",
        date: single(answer.headers.date) ?? "",
      },
      body: iterated(chunks),
    };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw connectionFailure(error, address);
  }
}

async function wanted(
  wire: Wire,
  answer: Dispatcher.ResponseData,
  method: string,
): Promise<readonly Uint8Array[]> {
  const { address, exchange, limits, clock } = wire;
  const head = { status: answer.statusCode, headers: answer.headers };
  if (head.status !== 200) throw statusFailure(head, address, clock.now());
  const type = single(head.headers["content-type"]) ?? "";
  if (!isGit(type, head.headers["content-encoding"])) {
    throw invalid(
      `${address.url} answered with ${type.slice(0, 60) || "no content type"} instead of Git. Check the address, and whether a login page or captive portal is in between.`,
    );
  }
  const cap = method === "GET" ? limits.advertisementBytes : exchange.answerBytes;
  return bounded(wire, answer.body, cap);
}

async function* iterated(chunks: readonly Uint8Array[]): AsyncIterableIterator<Uint8Array> {
  yield* chunks;
}

function isGit(type: string, encoding: unknown): boolean {
  const isPlain = encoding === undefined || encoding === "identity";
  return isPlain && /^application\/x-git-(upload|receive)-pack-(advertisement|result)$/.test(type);
}

/** Authorization goes to the bound origin and path only; nothing else is asked at all (NEG-20). */
function authorized(wire: Wire, asked: GitHttpRequest): Record<string, string> {
  const { address, exchange } = wire;
  const url = new URL(asked.url);
  const isBound =
    url.origin === address.origin &&
    url.pathname.startsWith(`${address.path}/`) &&
    url.username === "";
  if (!isBound) throw invalid(`Refused to ask ${url.host}: it is not the configured repository.`);
  const headers: Record<string, string> = { ...asked.headers, "user-agent": "git/holdfast" };
  if (exchange.credential !== undefined) {
    const { username, password } = exchange.credential;
    headers.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }
  return headers;
}

async function joined(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Buffers escape a worker's heap limit, so this cap is the memory wall (security §4.2). */
async function bounded(
  wire: Wire,
  body: AsyncIterable<Uint8Array>,
  cap: number,
): Promise<readonly Uint8Array[]> {
  const pace = createPace(wire);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > cap) {
      throw invalid(`The answer of ${wire.address.url} is larger than ${cap} bytes.`, "limit");
    }
    pace(chunk.length);
    chunks.push(chunk);
  }
  return chunks;
}

/** Throws when too little came in a window, or when the whole takes too long (G02). */
function createPace({ clock, limits, address }: Wire): (bytes: number) => void {
  const started = clock.monotonic();
  let window = { since: started, bytes: 0 };
  return function count(bytes) {
    const now = clock.monotonic();
    window = { ...window, bytes: window.bytes + bytes };
    if (now - started > limits.totalMs) throw tooSlow(address);
    if (now - window.since < limits.idleMs) return;
    if (window.bytes < limits.slowBytes) throw tooSlow(address);
    window = { since: now, bytes: 0 };
  };
}

function tooSlow(address: Address): SourceError {
  return new SourceError(
    "SourceUnreachable",
    `${address.url} answers too slowly; the transfer was ended. Check the network.`,
  );
}
