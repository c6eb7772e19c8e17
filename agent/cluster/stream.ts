import type { Readable } from "node:stream";
import { isJsonObject, parseJson } from "../model/json.ts";
import type { Clock, Random } from "../schedule/clock.ts";
import { itemOf } from "./answers.ts";
import type { Catalog } from "./catalog.ts";
import type { Selection, ServedKind, WatchEvent } from "./client.ts";
import type { Connection } from "./connection.ts";
import { headersOf, parsed, queryOf } from "./envelope.ts";
import { ApiError } from "./errors.ts";
import type { Caller } from "./exchange.ts";
import type { Transport } from "./http.ts";
import type { ClientLimits } from "./limits.ts";
import { linesOf } from "./lines.ts";
import { nesting } from "./nesting.ts";
import { type Attempted, badAnswer, TimeIsUp, unanswered } from "./no-answer.ts";
import { type ApiRequest, watchRequest } from "./requests.ts";
import { statusError, watchError } from "./status-error.ts";

export interface WatchPorts {
  readonly connection: Connection;
  readonly catalog: Catalog;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random?: Random;
  readonly limits: ClientLimits;
  readonly caller: Caller;
}

export interface WatchFrom {
  readonly selection: Selection;
  /** resourceVersion */
  readonly from: string;
}

/** The server ends a watch after 5 to 10 minutes, spread so that not all end at once (C-3). */
const leastSeconds = 300;
const spreadSeconds = 300;

/**
 * One watch, until the server ends it. Throws an ApiError when it is cut or silent (`Timeout`, `Reset`), cannot be read
 * (`BadAnswer`), or says so itself. Nothing is skipped: a line that cannot be read ends the stream (C-3, T-4).
 */
export async function* openWatch(
  ports: WatchPorts,
  { selection, from }: WatchFrom,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const { clock, random, limits } = ports;
  const share = random?.next() ?? 0.5;
  const timeoutSeconds = Math.floor(leastSeconds + share * spreadSeconds);
  const stop = new AbortController();
  const ends = AbortSignal.any([signal, stop.signal]);
  const alive = { at: clock.monotonic() };
  const guard = silence({ clock, stallMs: limits.stallMs, alive }, stop);
  const attempted: Attempted = { sent: true, writes: false, what: `watch ${selection.kind}` };
  const onBytes = () => {
    alive.at = clock.monotonic();
  };
  try {
    const opened = await ports.catalog.withKind(selection, ends, async (served) => {
      const request = watchRequest(served, selection, { from, timeoutSeconds });
      return { served, body: await open(ports, request, ends) };
    });
    onBytes();
    for await (const line of linesOf(
      opened.body,
      { maxBytes: limits.maxLineBytes, onBytes },
      attempted,
    )) {
      yield eventOf(line, opened.served, { limits, attempted });
    }
  } catch (error) {
    throw unanswered(ends.aborted ? ends.reason : error, attempted);
  } finally {
    stop.abort();
    await guard;
  }
}

/** Aborts when no byte has come for too long (C-5). */
async function silence(
  { clock, stallMs, alive }: { clock: Clock; stallMs: number; alive: { at: number } },
  stop: AbortController,
): Promise<void> {
  try {
    while (!stop.signal.aborted) {
      const quietMs = clock.monotonic() - alive.at;
      if (quietMs >= stallMs) stop.abort(new TimeIsUp("no bytes"));
      else await clock.sleep(stallMs - quietMs, stop.signal);
    }
  } catch {
    // Aborted: the watch is over.
  }
}

/** Opens the stream; once more with a new credential after 401. */
async function open(
  ports: WatchPorts,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<Readable> {
  const { connection, transport, caller, limits } = ports;
  for (let tries = 0; ; tries += 1) {
    const header = await connection.authorization(signal);
    const answer = await transport.stream(
      {
        method: request.method,
        path: `${request.path}${queryOf(request, undefined)}`,
        headers: headersOf(request, header, caller.as),
      },
      signal,
    );
    if (answer.statusCode === 200) return answer.body;
    const bytes = await capped(answer.body, limits.maxLineBytes);
    if (answer.statusCode === 401 && tries === 0) connection.renew(header);
    else {
      throw statusError(
        { status: answer.statusCode, headers: answer.headers, body: parsed(bytes) },
        request,
      );
    }
  }
}

async function capped(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBytes) break;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

const types = { ADDED: "added", MODIFIED: "modified", DELETED: "deleted" } as const;

function eventOf(
  line: Buffer,
  served: ServedKind,
  { limits, attempted }: { readonly limits: ClientLimits; readonly attempted: Attempted },
): WatchEvent {
  const event = nesting(line) > limits.maxDepth ? undefined : jsonLine(line);
  if (!isJsonObject(event)) throw badAnswer("a line is not JSON", attempted);
  const { type, object } = event;
  if (type === "ERROR") throw watchError(object);
  if (type === "BOOKMARK") return bookmark(object, attempted);
  const item = itemOf(object, served);
  const known = type === "ADDED" || type === "MODIFIED" || type === "DELETED";
  if (!known || item?.metadata.resourceVersion === undefined) {
    throw badAnswer("a line is not a watch event", attempted);
  }
  return { type: types[type], object: item };
}

function jsonLine(line: Buffer): unknown {
  try {
    return parseJson(line.toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function bookmark(object: unknown, attempted: Attempted): WatchEvent {
  const metadata = isJsonObject(object) && isJsonObject(object.metadata) ? object.metadata : {};
  const { resourceVersion } = metadata;
  if (typeof resourceVersion !== "string") throw badAnswer("a bookmark is empty", attempted);
  return { type: "bookmark", resourceVersion };
}

/** A watch that ended because nothing came, as opposed to one that was cut. */
export function isStalled(error: unknown): boolean {
  return error instanceof ApiError && error.failure.reason === "Timeout";
}
