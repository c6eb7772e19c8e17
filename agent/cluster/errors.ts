/** One cause of a refused write, as the API server names it. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** What is kept of a failed request: never headers, never bodies (P7). */
export interface ApiFailure {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** The Status object's reason, e.g. `Conflict`; for no answer `Timeout`, `Reset`, `Refused`, `Tls`, `Dns`, `BadAnswer`, `NoLease`. */
  readonly reason: string;
  /** The server's own words. */
  readonly message: string;
  readonly causes: readonly StatusCause[];
  /** `details.kind` of the Status, e.g. `namespaces`: tells 404s apart. */
  readonly detailsKind?: string;
  readonly retryAfterSeconds?: number;
  /** A write was sent and may have happened, or may still happen. */
  readonly indeterminate: boolean;
}

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

export function isIndeterminate(error: unknown): boolean {
  return error instanceof ApiError && error.failure.indeterminate;
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
