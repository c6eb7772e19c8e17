import type { Emit } from "../model/event.ts";
import type { Clock } from "../schedule/clock.ts";
import type { Connection } from "./connection.ts";
import { headersOf, nameOf, parsed, queryOf } from "./envelope.ts";
import { ApiError, isUnanswered } from "./errors.ts";
import { BodyTooLarge, type HttpAnswer, type Transport } from "./http.ts";
import type { Limiter } from "./limiter.ts";
import type { ClientLimits } from "./limits.ts";
import { nesting } from "./nesting.ts";
import { type Attempted, badAnswer, notSent, TimeIsUp, unanswered } from "./no-answer.ts";
import type { ApiRequest } from "./requests.ts";
import { statusError } from "./status-error.ts";

export interface ExchangeOptions {
  readonly connection: Connection;
  readonly transport: Transport;
  readonly limiter: Limiter;
  readonly clock: Clock;
  readonly emit?: Emit;
  readonly limits: ClientLimits;
}

/** Who asks, and how long the asking may take. */
export interface Caller {
  /** Value of Impersonate-User (C-9). */
  readonly as?: string;
  /** How long a request that leaves now may take; asked when it is its turn, and 0 or less keeps it here. */
  readonly leftMs?: () => number;
}

export interface Answer {
  readonly status: number;
  readonly headers: HttpAnswer["headers"];
  readonly body: unknown;
}

/** One question and its 2xx answer; all else is an ApiError. */
export interface Exchange {
  ask(request: ApiRequest, caller: Caller, signal: AbortSignal): Promise<Answer>;
}

/** Waits for Retry-After longer than this are left to the caller's back-off. */
const longestRetryAfterSeconds = 30;

/** Adds credentials, deadline and the limiter to the transport. Repeats once on 401, and reads once after Retry-After or a cut connection. */
export function createExchange(options: ExchangeOptions): Exchange {
  const { connection, clock, emit } = options;

  async function once(request: ApiRequest, caller: Caller, signal: AbortSignal): Promise<Answer> {
    const refused: { header?: string | undefined } = {};
    try {
      return await attempt(options, { request, caller, refused }, signal);
    } catch (error) {
      if (!(error instanceof ApiError) || error.failure.status !== 401) throw error;
      connection.renew(refused.header);
      return await attempt(options, { request, caller, refused }, signal);
    }
  }

  return {
    ask: async (request, caller, signal) => {
      try {
        return await once(request, caller, signal);
      } catch (error) {
        const waitMs = againAfter(error, request);
        if (waitMs === undefined || signal.aborted) throw error;
        if (waitMs > 0) {
          emit?.({ type: "api-throttled", cause: "retry_after", waitMs });
          await clock.sleep(waitMs, signal);
        }
        return await once(request, caller, signal);
      }
    },
  };
}

/** When a read may be tried once more; writes never. */
function againAfter(error: unknown, request: ApiRequest): number | undefined {
  if (request.writes || !(error instanceof ApiError)) return undefined;
  const { status, reason, retryAfterSeconds } = error.failure;
  if (isUnanswered(error)) return reason === "Reset" ? 0 : undefined;
  if (status !== 429 && status !== 503) return undefined;
  if (retryAfterSeconds === undefined || retryAfterSeconds > longestRetryAfterSeconds)
    return undefined;
  return retryAfterSeconds * 1000;
}

interface Attempt {
  readonly request: ApiRequest;
  readonly caller: Caller;
  /** Filled with what a 401 refused. */
  readonly refused: { header?: string | undefined };
}

async function attempt(
  options: ExchangeOptions,
  job: Attempt,
  signal: AbortSignal,
): Promise<Answer> {
  const { limits, limiter } = options;
  const { request } = job;
  const attempted = { sent: false, writes: request.writes, what: nameOf(request) };
  try {
    const answer = await inSlot(request.urgent ? undefined : limiter, signal, () =>
      inTime(options, { ...job, attempted }, signal),
    );
    return finish(answer, request, { limits, attempted });
  } catch (error) {
    throw refine(error, attempted);
  }
}

async function inSlot(
  limiter: Limiter | undefined,
  signal: AbortSignal,
  task: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  if (limiter === undefined) return task();
  const slot = await limiter.enter(signal);
  let how: Parameters<typeof slot.leave>[0] = "unanswered";
  try {
    const answer = await task();
    how = answer.status === 429 || answer.status === 503 ? "throttled" : "answered";
    return answer;
  } finally {
    slot.leave(how);
  }
}

interface Sending extends Attempt {
  readonly attempted: { sent: boolean; readonly what: string };
}

/** Time counts from here, not from the call: a long line of applies is no outage. */
async function inTime(
  options: ExchangeOptions,
  job: Sending,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { clock, limits } = options;
  const timeoutMs = Math.floor(Math.min(limits.timeoutMs, leftMsOf(job)));
  const due = clock.monotonic() + timeoutMs;
  const giveUpMs = (timeoutMs * limits.giveUpMs) / limits.timeoutMs;
  const end = new AbortController();
  const giveUp = () => end.abort(signal.reason);
  if (signal.aborted) giveUp();
  signal.addEventListener("abort", giveUp, { once: true });
  clock.sleep(giveUpMs, end.signal).then(
    () => end.abort(new TimeIsUp(`${job.attempted.what}: time is up`)),
    () => {},
  );
  try {
    return await exchange(options, { ...job, due }, end.signal);
  } finally {
    signal.removeEventListener("abort", giveUp);
    end.abort(isOver);
  }
}

/** Ends the alarm of a request that was answered; a reason of its own for each would cost a stack trace. */
const isOver = new Error("The request is over.");

/** What the caller has left now; without any nothing is sent. */
function leftMsOf({ caller: { leftMs } }: Attempt): number {
  if (leftMs === undefined) return Number.POSITIVE_INFINITY;
  const left = leftMs();
  if (left > 0) return left;
  throw notSent("NoLease", "The cluster's lease is not held long enough for a write.");
}

async function exchange(
  { connection, transport, clock, emit, limits }: ExchangeOptions,
  job: Sending & { readonly due: number },
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { request, caller, due, refused, attempted } = job;
  const header = await authorizationOf(connection, signal);
  refused.header = header;
  const leftMs = Math.floor(due - clock.monotonic());
  if (leftMs <= 0) throw tooLate();
  const startedAt = clock.monotonic();
  const answer = await transport.send(
    {
      method: request.method,
      path: `${request.path}${queryOf(request, leftMs)}`,
      headers: headersOf(request, header, caller.as),
      ...(request.body !== undefined && { body: request.body }),
    },
    {
      signal,
      maxBytes: limits.maxBodyBytes,
      onSend: () => {
        if (clock.monotonic() >= due) throw tooLate(); // the socket took too long, or we were stopped
        leftMsOf(job); // and whoever was stopped may have lost the lease (C04)
        attempted.sent = true;
      },
    },
  );
  emit?.({
    type: "api-request",
    verb: request.verb,
    method: request.method,
    code: answer.status,
    durationMs: clock.monotonic() - startedAt,
  });
  return answer;
}

function tooLate() {
  return notSent("Timeout", "Its time was up before it could be sent.");
}

/** An exec plugin that fails, or a token file that is gone: nobody was asked. Its own words may quote a token. */
async function authorizationOf(connection: Connection, signal: AbortSignal) {
  try {
    return await connection.authorization(signal);
  } catch (error) {
    throw new ApiError(
      { ...notSent("Unauthorized", "The credential cannot be read.").failure, status: 401 },
      { cause: error },
    );
  }
}

function refine(error: unknown, attempted: Attempted): ApiError {
  return error instanceof BodyTooLarge
    ? badAnswer("the answer is too large", attempted)
    : unanswered(error, attempted);
}

function finish(
  answer: HttpAnswer,
  request: ApiRequest,
  { limits, attempted }: { readonly limits: ClientLimits; readonly attempted: Attempted },
): Answer {
  const { status, headers } = answer;
  const tooDeep = nesting(answer.body) > limits.maxDepth;
  const body = tooDeep ? undefined : parsed(answer.body);
  if (status >= 200 && status < 300) {
    if (typeof body === "object" && body !== null) return { status, headers, body };
    throw badAnswer(tooDeep ? "the answer nests too deep" : "the answer is not JSON", attempted);
  }
  throw statusError({ status, headers, body }, request);
}
