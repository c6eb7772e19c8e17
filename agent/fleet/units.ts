import type { Hasher } from "../model/digest.ts";
import type { Problem } from "../model/problem.ts";
import type { ClusterTarget, Unit } from "../model/unit.ts";
import type { Fleet } from "./fleet.ts";

/** An app that cannot be a unit here. It declares its whole inventory (4.5-1): nothing of it counts as removed. */
export interface BrokenApp {
  /** Its name; the folder's where the document does not even tell its name, see `isNamed`. */
  readonly app: string;
  /** False: the document is too broken to know the name, so any app may be this one. */
  readonly isNamed: boolean;
  readonly file: string;
  readonly problems: readonly Problem[];
}

export interface UnselectedApp {
  readonly app: string;
  readonly file: string;
  /** The first selector term that fails, with what the cluster has. */
  readonly why: string;
}

/** What one cluster should run, from one fleet. */
export interface Selection {
  /** Absent when no document names this cluster. */
  readonly cluster?: ClusterTarget;
  /** A tombstone: nothing is ever applied here again. */
  readonly isRemoved: boolean;
  /** Names of all clusters, for the message when this one is not among them. */
  readonly known: readonly string[];
  readonly units: readonly Unit[];
  readonly broken: readonly BrokenApp[];
  readonly unselected: readonly UnselectedApp[];
  /** No document has a problem: only then may an app that is not named here count as removed (P-70). */
  readonly isComplete: boolean;
}

/** Which apps run on a cluster, with overrides, expressions and defaults worked in. Problems of one app stay with it. */
export function selectUnits(_fleet: Fleet, _cluster: string, _hasher: Hasher): Selection {
  throw new Error("not there yet");
}

/** The label that names the environment, for metrics; `""` where the cluster has none. */
export function environmentOf(cluster: ClusterTarget, fleet: Fleet): string {
  return cluster.labels[fleet.environmentLabel] ?? "";
}
