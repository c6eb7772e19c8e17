import { Buffer } from "node:buffer";
import { type Dispatcher, Pool } from "undici";
import type { Connection } from "./connection.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface SendOptions {
  readonly signal: AbortSignal;
  /** Called as the first byte is about to leave; throws to keep it here. */
  readonly onSend: () => void;
  readonly maxBytes: number;
}

/** Bytes to one API server and back: keep-alive, no redirects (NEG-71), no retries, nothing parsed. */
export interface Transport {
  send(request: HttpRequest, options: SendOptions): Promise<HttpAnswer>;
  /** A body that goes on: watches have connections of their own. */
  stream(request: HttpRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

/** The answer was longer than allowed. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/** Longer than the agent's own requests apart, shorter than the API server closes idle ones. */
const keepAliveMs = 60_000;

/** Time limits are the caller's, by its clock. `connections`: more than requests in flight, so that none waits for a socket. */
export function createTransport(connection: Connection, connections: number): Transport {
  const url = new URL(connection.server);
  const prefix = url.pathname.replace(/\/$/, "");
  const { ca, cert, key, servername } = connection;
  const options: Pool.Options = {
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    pipelining: 1,
    allowH2: false,
    connect: {
      timeout: 10_000,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(servername !== undefined && { servername }),
    },
  };
  const pool = new Pool(url.origin, { ...options, connections });
  const streams = new Pool(url.origin, { ...options, connections: null });
  return {
    send: (request, how) =>
      new Promise((resolve, reject) => {
        const path = prefix + request.path;
        const { method, headers, body } = request;
        const handler = collect(how, resolve, reject);
        if (handler === undefined) return;
        pool.dispatch({ method, path, headers, body: body ?? null }, handler);
      }),
    stream: ({ method, path, headers }, signal) =>
      streams.request({ method, path: prefix + path, headers, signal }),
    close: async () => {
      await Promise.all([pool.destroy(), streams.destroy()]);
    },
  };
}

/** Gathers one whole answer. Settles as soon as the signal aborts, even while the socket is still being opened. */
function collect(
  { signal, onSend, maxBytes }: SendOptions,
  resolve: (answer: HttpAnswer) => void,
  reject: (error: unknown) => void,
): Dispatcher.DispatchHandler | undefined {
  if (signal.aborted) {
    reject(signal.reason);
    return undefined;
  }
  let controller: Dispatcher.DispatchController | undefined;
  let failure: Error | undefined;
  let status = 0;
  let headers: HttpAnswer["headers"] = {};
  let size = 0;
  const chunks: Buffer[] = [];
  const fail = (error: unknown) => {
    signal.removeEventListener("abort", giveUp);
    failure = error instanceof Error ? error : new Error("aborted", { cause: error });
    reject(error);
    controller?.abort(failure);
  };
  const giveUp = () => fail(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  return {
    onRequestStart: (started) => {
      controller = started;
      if (failure !== undefined) return started.abort(failure);
      try {
        onSend();
      } catch (error) {
        fail(error);
      }
    },
    onResponseStart: (_controller, statusCode, received) => {
      status = statusCode;
      headers = received;
    },
    onResponseData: (_controller, chunk) => {
      size += chunk.length;
      if (size > maxBytes) fail(new BodyTooLarge(`more than ${maxBytes} bytes`));
      else chunks.push(chunk);
    },
    onResponseEnd: () => {
      signal.removeEventListener("abort", giveUp);
      resolve({ status, headers, body: Buffer.concat(chunks, size) });
    },
    onResponseError: (_controller, error) => {
      signal.removeEventListener("abort", giveUp);
      reject(error);
    },
  };
}

/** `Warning: 299 - "text"`, also several in one header. */
export function warningsOf(headers: HttpAnswer["headers"]): readonly string[] {
  const values = [headers.warning ?? []].flat();
  return values.flatMap((value) =>
    [...value.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) =>
      text.replaceAll(/\\(.)/g, "$1"),
    ),
  );
}
