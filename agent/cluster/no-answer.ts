import { errors } from "undici";
import { ApiError } from "./errors.ts";

/** How far a request got before it failed. */
export interface Attempted {
  /** Its first byte may have left. */
  readonly sent: boolean;
  readonly writes: boolean;
  /** For the message: `PATCH deployments/web`. */
  readonly what: string;
}

/** A request that ended without an answer. A write that may have left is indeterminate. */
export function unanswered(cause: unknown, { sent, writes, what }: Attempted): ApiError {
  if (cause instanceof ApiError) return cause;
  const reason = reasonOf(cause);
  return new ApiError(
    {
      status: 0,
      reason,
      message: `${what}: ${sentences[reason]}`,
      causes: [],
      indeterminate: sent && writes,
    },
    { cause },
  );
}

/** The answer is not what was asked for: HTML, another object, cut, too deep, too large (A-15, A30). */
export function badAnswer(why: string, { writes, what, sent }: Attempted): ApiError {
  return new ApiError({
    status: 0,
    reason: "BadAnswer",
    message: `${what}: ${why}`,
    causes: [],
    indeterminate: sent && writes,
  });
}

/** Nothing was sent. */
export function notSent(reason: string, message: string): ApiError {
  return new ApiError({ status: 0, reason, message, causes: [], indeterminate: false });
}

/** What ends a request when its time is up; a caller's own abort keeps the caller's reason. */
export class TimeIsUp extends Error {
  override readonly name = "TimeIsUp";
}

const sentences = {
  Timeout: "no answer in time",
  Aborted: "given up by the caller",
  Refused: "the API server refuses the connection",
  Dns: "the API server's name cannot be resolved",
  Tls: "the API server's certificate is not accepted",
  Reset: "the connection was cut",
} as const;

type NoAnswerReason = keyof typeof sentences;

function reasonOf(cause: unknown): NoAnswerReason {
  if (cause instanceof TimeIsUp || cause instanceof errors.ConnectTimeoutError) return "Timeout";
  if (!(cause instanceof Error)) return "Aborted";
  if (cause.name === "AbortError") return "Aborted";
  if (cause.name === "TimeoutError") return "Timeout";
  return byCode(codeOf(cause));
}

function byCode(code: string): NoAnswerReason {
  if (code === "ECONNREFUSED" || code === "EHOSTUNREACH" || code === "ENETUNREACH")
    return "Refused";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "Dns";
  if (code === "ETIMEDOUT") return "Timeout";
  return isTlsCode(code) ? "Tls" : "Reset";
}

const tlsCodes = [
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
];

function isTlsCode(code: string): boolean {
  return tlsCodes.includes(code) || /^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO)/.test(code);
}

/** Several addresses tried: the first error speaks. */
function codeOf(error: Error): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  const code: unknown = inner instanceof Error && "code" in inner ? inner.code : undefined;
  return typeof code === "string" ? code : "";
}
