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
