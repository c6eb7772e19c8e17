import type { ApiFailure } from "../model/api-failure.ts";

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly failure: ApiFailure;

  constructor(failure: ApiFailure, options?: ErrorOptions) {
    super(failure.message, options);
    this.failure = failure;
  }
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.failure.status === 409;
}

/** 410, or a resourceVersion the server cannot serve. */
export function isExpired(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status, reason, message } = error.failure;
  return (
    status === 410 ||
    reason === "Expired" ||
    reason === "Gone" ||
    message.includes("Too large resource version")
  );
}

export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.failure.status === 403;
}

/** The kind asked for is not served at all. */
export function isKindUnknown(error: unknown): boolean {
  return error instanceof ApiError && error.failure.reason === "KindUnknown";
}

/** No answer from the API server: unreachable, cut off, or timed out. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof ApiError && error.failure.status === 0;
}
