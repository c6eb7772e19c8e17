import type { Clock } from "../../agent/schedule/clock.ts";
import type { DemoApi } from "./api.ts";
import type { ClusterName } from "./clusters.ts";

/** A running demo: API servers, Git, agents, pages. */
export interface DemoFleet {
  readonly clock: Clock;
  api(cluster: ClusterName): DemoApi;
  /** A commit on main, as a merged pull request would make it; `undefined` deletes a file or a folder that ends with `/`. */
  commit(message: string, files: Readonly<Record<string, string | undefined>>): void;
  readonly gitUrl: string;
  readonly kubeconfig: string;
  /** Of the status pages, by cluster. */
  readonly pages: ReadonlyMap<ClusterName, string>;
  /** Changes of states as they happen, one line each, until aborted. */
  news(): AsyncGenerator<string, void>;
  stop(): Promise<void>;
}
