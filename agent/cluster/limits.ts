/** Bounds of one cluster's client. */
export interface ClientLimits {
  readonly inFlight: number;
  /** The server is told to give up after this. */
  readonly timeoutMs: number;
  /** We do after this. */
  readonly giveUpMs: number;
  readonly maxBodyBytes: number;
  readonly maxDepth: number;
  /** Of one watch event. */
  readonly maxLineBytes: number;
  /** No bytes on a watch (C-5). */
  readonly stallMs: number;
}

/** Semantics §12. */
export const defaultLimits: ClientLimits = {
  inFlight: 32,
  timeoutMs: 30_000,
  giveUpMs: 35_000,
  maxBodyBytes: 64 * 2 ** 20,
  maxDepth: 500,
  maxLineBytes: 16 * 2 ** 20,
  stallMs: 90_000,
};
