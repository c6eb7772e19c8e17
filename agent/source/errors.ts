import { ReconcileError } from "../model/reason.ts";

export type SourceReason =
  | "SourceUnreachable"
  | "SourceAuthFailed"
  | "SourceUntrusted"
  | "SourceInvalid"
  | "RefMissing";

export interface SourceErrorOptions extends ErrorOptions {
  /** What the host asked for with `Retry-After` (G07). */
  readonly retryAfterSeconds?: number | undefined;
  /** `limit`: above a cap; `store`: what is on our own disk is not what we wrote (G22); `missing`: no such object here; `shallow`: the server lacks it (G29). */
  readonly fault?: SourceFault | undefined;
}

export type SourceFault = "limit" | "store" | "missing" | "shallow" | "worker";

/** A failure of the config repository. Its message never holds a credential: it is made of the bound address and of fixed words. */
export class SourceError extends ReconcileError {
  readonly retryAfterSeconds: number | undefined;
  readonly fault: SourceFault | undefined;

  constructor(reason: SourceReason, message: string, options: SourceErrorOptions = {}) {
    super(reason, message, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.fault = options.fault;
  }
}

/** For what is wrong with the bytes we got, at fetch or on disk. */
export function invalid(message: string, fault?: SourceFault): SourceError {
  return new SourceError("SourceInvalid", message, { fault: fault });
}

export function hasFault(error: unknown, fault: SourceFault): boolean {
  return error instanceof SourceError && error.fault === fault;
}

/** Whatever a Git library throws over bytes from outside is a bad answer, not a bug; our own errors and aborts stay as they are. */
export function asSourceError(error: unknown, where: string): unknown {
  if (error instanceof ReconcileError) return error;
  if (error instanceof Error && error.name === "AbortError") return error;
  const code = errorCode(error) ?? "unreadable";
  return new SourceError("SourceInvalid", `The answer of ${where} is not valid Git (${code}).`, {
    cause: error,
  });
}

/** The `code` of a Node or library error. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
