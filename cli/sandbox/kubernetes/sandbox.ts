import type { Clock } from "../../../agent/schedule/clock.ts";
import type { Admission, Verdict } from "./cluster.ts";
import type { Answer } from "./http/exchange.ts";
import type { Snapshot, Store } from "./store/store.ts";

export interface ApiServerOptions {
  /** Default: a free port of 127.0.0.1. */
  readonly port?: number;
  /** Default: random. */
  readonly token?: string;
  /** Milliseconds until workloads are ready; `"never"` plays no controller of workloads. Default 0. */
  readonly readyAfterMs?: number | "never";
  /** Events kept for watches. Default 5,000. */
  readonly logLimit?: number;
  readonly bookmarkMs?: number;
  /** Decides about writes, as an admission webhook does. */
  readonly admit?: (admission: Admission) => Verdict;
  /** Answers in the server's place; undefined lets a request through. */
  readonly fail?: (request: LoggedRequest) => Answer | undefined;
  /** Groups that discovery marks Stale. */
  readonly staleGroups?: ReadonlySet<string>;
  /** Default: the machine's. */
  readonly clock?: Clock;
  readonly uid?: () => string;
}

export interface LoggedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly userAgent: string;
  /** `admin`, or whom a request acts as. */
  readonly user: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** 0 while it is being answered. */
  code: number;
}

/** One running sandbox cluster. */
export interface SandboxCluster {
  readonly url: string;
  readonly token: string;
  /** Every request so far (the last 20,000), oldest first. */
  readonly requests: readonly LoggedRequest[];
  readonly store: Store;
  readonly stop: () => Promise<void>;
  readonly snapshot: () => Snapshot;
  /** Puts a snapshot back; open watches end. */
  readonly restore: (snapshot: Snapshot) => void;
  /** Forgets the watch log: older watches get a 410. */
  readonly compact: () => void;
  /** Ends all open watches. */
  readonly endWatches: () => void;
}
