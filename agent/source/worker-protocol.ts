import { ReconcileError } from "../model/reason.ts";
import { SourceError, type SourceFault, type SourceReason } from "./errors.ts";
import type { SourceLimits } from "./limits.ts";
import type { ConfigSource } from "./source.ts";
import type { BasicCredential } from "./transport.ts";

/** What a worker is started with; no credential in it. */
export interface WorkerSettings {
  readonly url: string;
  readonly ref: string;
  readonly storePath: string;
  readonly ca?: string | undefined;
  readonly limits: SourceLimits;
}

export type Method = Exclude<keyof ConfigSource, "close">;

type WithoutSignal<T extends readonly unknown[]> = T extends readonly [...infer Rest, AbortSignal]
  ? Rest
  : never;

/** A method with its arguments, the signal left out. */
export type Call = {
  [M in Method]: { readonly method: M; readonly args: WithoutSignal<Parameters<ConfigSource[M]>> };
}[Method];

/** One call, with the credential of this moment. */
export interface CallMessage {
  readonly type: "call";
  readonly id: number;
  readonly call: Call;
  readonly credential: BasicCredential | undefined;
}

export type ToWorker = CallMessage | { readonly type: "abort"; readonly id: number };

export interface Failure {
  readonly reason?: SourceReason;
  readonly message: string;
  readonly fault?: SourceFault | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

export type FromWorker =
  | { readonly type: "done"; readonly id: number; readonly value: unknown }
  | { readonly type: "failed"; readonly id: number; readonly failure: Failure };

const sourceReasons: readonly string[] = [
  "SourceUnreachable",
  "SourceAuthFailed",
  "SourceUntrusted",
  "SourceInvalid",
  "RefMissing",
] satisfies readonly SourceReason[];

function isSourceReason(reason: string): reason is SourceReason {
  return sourceReasons.includes(reason);
}

/** An error as it can cross threads: only what we wrote ourselves. */
export function toFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ReconcileError) || !isSourceReason(error.reason)) return { message };
  const { reason } = error;
  if (!(error instanceof SourceError)) return { reason, message };
  return { reason, message, fault: error.fault, retryAfterSeconds: error.retryAfterSeconds };
}

export function fromFailure({ reason, message, fault, retryAfterSeconds }: Failure): Error {
  if (reason === undefined) return new Error(`Git worker: ${message}`);
  return new SourceError(reason, message, { fault, retryAfterSeconds });
}
