import type { Problem } from "../model/problem.ts";
import type { Reason } from "../model/reason.ts";
import type { UnitStatus } from "../model/status.ts";

/** Whether `/readyz` says yes (cli.md §4.4 item 7). */
export type Readiness =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** Short, without names: settings not read, the cluster does not answer, no Cluster document. */
      readonly why: string;
      /** Names of the Cluster documents that were found, when none is ours. */
      readonly knownClusters?: readonly string[];
    };

/** What is followed and how far it got. Times ISO 8601. */
export interface SourceSnapshot {
  /** Without credentials. */
  readonly url: string;
  readonly ref: string;
  /** Last accepted commit that was fetched. */
  readonly commit?: string;
  readonly title?: string;
  readonly author?: string;
  readonly committedAt?: string;
  /** Last valid answer of the Git host. */
  readonly answeredAt?: string;
  /** Absent when all is well. */
  readonly reason?: Reason;
  readonly message?: string;
}

/** The words of a commit, for the block that asks "where is my commit?". */
export interface CommitWords {
  readonly title: string;
  readonly author: string;
  /** ISO 8601. */
  readonly committedAt: string;
}

/** Everything that one agent can say of its cluster at one moment; page, API and CLI are functions of it. */
export interface FleetSnapshot {
  readonly cluster: string;
  readonly environment?: string;
  readonly agentVersion?: string;
  /** `v1.36.3` */
  readonly kubernetes?: string;
  readonly source: SourceSnapshot;
  readonly units: readonly UnitStatus[];
  /** Of the fleet as a whole: documents that cannot be read, a cluster that nobody names. */
  readonly problems: readonly Problem[];
  readonly ready: Readiness;
  /** ISO 8601: the moment of this snapshot; ages are counted from it. */
  readonly asOf: string;
  /** By commit id; a commit that is not in it is shown by its id alone. */
  readonly commits?: ReadonlyMap<string, CommitWords>;
}
