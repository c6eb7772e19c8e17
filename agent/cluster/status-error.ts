import type { StatusCause } from "../model/api-failure.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import { ApiError } from "./errors.ts";

/** What a failed answer is judged by. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The parsed body; undefined when it was no JSON. */
  readonly body: unknown;
}

/** What was asked, as far as the error needs it. */
export interface Asked {
  readonly writes: boolean;
  /** About Secrets: the server may quote values, so its words are not kept (P7). */
  readonly secret: boolean;
}

/** Longer messages are cut: some servers repeat the whole object. */
const longestMessage = 4096;

/** What classes of A-75 are told apart by; said of a Secret these words alone are kept. */
const telling = [
  "exceeded quota",
  "denied the request",
  "failed calling webhook",
  "conversion webhook",
  "does not support dry run",
  "typed patch object",
  "duplicate entries",
  "not declared in schema",
  "field is immutable",
  "because it is being terminated",
  "request is too large",
  "leader changed",
] as const;

/** Names alone: which webhook or policy it was may be told of a Secret, its words may not. */
const tellingNames = [
  /admission webhook "[^"]{1,253}" denied the request/,
  /ValidatingAdmissionPolicy '[^']{1,253}' with binding '[^']{1,253}' denied request/,
] as const;

/** An answer other than 2xx, as what is kept of it: reason, words, causes. */
export function statusError({ status, headers, body }: FailedAnswer, asked: Asked): ApiError {
  const said = isJsonObject(body) && body.kind === "Status" ? body : {};
  const details = isJsonObject(said.details) ? said.details : {};
  const reason = word(said.reason) ?? httpReason(status);
  const words = typeof said.message === "string" ? said.message : wordsFor(status, body);
  const causes = causesOf(details, asked.secret);
  const detailsKind = word(details.kind);
  const retryAfterSeconds = retryAfter(headers, details);
  return new ApiError({
    status,
    reason,
    message: asked.secret ? tellingWords(reason, words, causes) : words.slice(0, longestMessage),
    causes,
    ...(detailsKind !== undefined && { detailsKind }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    indeterminate: asked.writes && mayHaveHappened(status, reason, words),
  });
}

/** The `Status` body of a watch's ERROR event. */
export function watchError(status: unknown): ApiError {
  const code = isJsonObject(status) ? status.code : undefined;
  return statusError(
    { status: typeof code === "number" ? code : 500, headers: {}, body: status },
    { writes: false, secret: false },
  );
}

/** A-15, and a 500 by which the API server says that it does not know either. */
function mayHaveHappened(status: number, reason: string, words: string): boolean {
  if (status >= 502 && status <= 504) return true;
  return status === 500 && (reason === "ServerTimeout" || words.includes("etcdserver: "));
}

function causesOf(details: JsonObject, secret: boolean): readonly StatusCause[] {
  const causes = Array.isArray(details.causes) ? details.causes : [];
  return causes.filter(isJsonObject).map((cause) => ({
    reason: word(cause.reason) ?? "",
    message: causeText(cause.message, secret),
    field: typeof cause.field === "string" ? cause.field : "",
  }));
}

/** Of a Secret the telling phrases alone: that a field cannot change decides what is done (A-60). */
function causeText(message: unknown, secret: boolean): string {
  if (typeof message !== "string") return "";
  if (!secret) return message;
  return telling.filter((phrase) => message.includes(phrase)).join(": ");
}

function tellingWords(reason: string, words: string, causes: readonly StatusCause[]): string {
  const named = tellingNames.flatMap((pattern) => pattern.exec(words)?.[0] ?? []);
  const known = [...named, ...telling.filter((phrase) => words.includes(phrase))];
  const fields = causes.map(({ field }) => field).filter((field) => field !== "");
  return [reason, ...known, ...fields].join(": ");
}

function retryAfter(headers: FailedAnswer["headers"], details: JsonObject): number | undefined {
  const header = Number(headers["retry-after"]);
  const seconds = Number.isFinite(header) && header > 0 ? header : details.retryAfterSeconds;
  return typeof seconds === "number" && seconds > 0 ? seconds : undefined;
}

/** A machine's word, never a sentence: so it can hold no value of ours. */
function word(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Za-z][\w.-]{0,79}$/.test(value) ? value : undefined;
}

function httpReason(status: number): string {
  return status >= 300 && status < 400 ? "Redirect" : (httpReasons[status] ?? `Http${status}`);
}

const httpReasons: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Gone",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  502: "BadGateway",
  503: "ServiceUnavailable",
  504: "Timeout",
};

function wordsFor(status: number, body: unknown): string {
  if (status >= 300 && status < 400) {
    return `The API server answered with a redirect (${status}), which is not followed: check the server's address.`;
  }
  const text = typeof body === "string" ? body.trim() : "";
  return /^[\x20-\x7e]{1,200}$/.test(text) ? text : `The API server answered ${status}.`;
}
