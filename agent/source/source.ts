import type { Commit, Files, Tree } from "../model/artifact.ts";

/**
 * The config repository. Every failure is a `ReconcileError` with a reason of stage fetched (SourceUnreachable,
 * SourceAuthFailed, SourceUntrusted, SourceInvalid, RefMissing); what was fetched before stays readable.
 */
export interface ConfigSource {
  /** Asks for the tip of the ref and fetches it if it is new. Nothing of a broken fetch becomes visible. */
  poll(signal: AbortSignal): Promise<Commit>;
  /** A commit that was fetched before; undefined when the store lacks it. Deepens the clone if asked to find it. */
  commit(id: string, signal: AbortSignal): Promise<Commit | undefined>;
  /** All files of a commit (links and submodules as such), every object checked against its id. */
  tree(commit: string, signal: AbortSignal): Promise<Tree>;
  /** The contents of some of its files. A file over the cap is an error that names it. */
  read(commit: string, paths: readonly string[], signal: AbortSignal): Promise<Files>;
  /** Whether `ancestor` is `commit` or in its history by any parent; undefined when it cannot be found within the budget. */
  contains(commit: string, ancestor: string, signal: AbortSignal): Promise<boolean | undefined>;
  /** Commits reachable from `to` and not from `from`, by any parent, newest first, at most `limit`. Without `from`: of the whole history. */
  log(
    range: { readonly from?: string; readonly to: string; readonly limit: number },
    signal: AbortSignal,
  ): Promise<readonly Commit[]>;
  close(): Promise<void>;
}
