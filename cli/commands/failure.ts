import { ApiError } from "../../agent/cluster/errors.ts";
import { ReconcileError, reasonInfo } from "../../agent/model/reason.ts";
import type { Report } from "../output/error.ts";
import { CliError, type ExitCode } from "./result.ts";

export interface Failure {
  readonly reports: readonly Report[];
  readonly exitCode: ExitCode;
}

/** Whatever stopped a command, in four parts. What nobody foresaw is said to be a bug, with its stack. */
export function explainFailure(error: unknown): Failure {
  if (error instanceof CliError) return { reports: error.reports, exitCode: error.exitCode };
  return { reports: [reportOf(error)], exitCode: 2 };
}

/** One failure of the agent's own functions as a report. */
export function reportOf(error: unknown): Report {
  if (error instanceof ReconcileError) {
    const { summary, next } = reasonInfo(error.reason);
    return { what: summary.replace(/\.$/, ""), why: error.message, next, reason: error.reason };
  }
  if (error instanceof ApiError) {
    const { status, reason } = error.failure;
    return status === 0
      ? { what: "the API server does not answer", why: `${reason}: ${error.message}` }
      : { what: "the API server refused", why: error.message };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { what: "this is a bug in holdfast", why: stack, next: "report it, with the lines above" };
}
