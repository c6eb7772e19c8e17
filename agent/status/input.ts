import type { Commit } from "../model/artifact.ts";
import type { ChangeResult } from "../model/change.ts";
import type { Health } from "../model/health.ts";
import type { ObjectRef } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import type { Reason } from "../model/reason.ts";
import type { DriftEntry, Held, Leftovers, UnitStatus } from "../model/status.ts";
import type { Unit } from "../model/unit.ts";

/** What a status says of the unit itself; kept apart from `Unit` because a removed app has no document any more. */
export interface UnitFacts {
  readonly app: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly path: string;
  readonly rollout?: string;
  readonly owner?: { readonly team?: string; readonly contact?: string };
  readonly renderer: UnitStatus["renderer"];
  /** `health.timeout`. */
  readonly healthTimeoutMs: number;
}

/** One declared object's health as `settle` leaves it (semantics §5.4), hooks and never-counted objects left out. */
export interface ObjectHealth {
  readonly ref: ObjectRef;
  readonly health: Health;
  /** Since when it has this status. */
  readonly sinceMs: number;
  /** Our last write to it; the time-out counts from here (H-1). */
  readonly writtenMs?: number;
  /** Whether this revision created or changed it; only those keep it from being live. Default: yes. */
  readonly changed?: boolean;
  /** False for what nobody waits for (PVC, CronJob): no time-out. Default: yes. */
  readonly awaited?: boolean;
  /** Its watch is silent: it is not the object that is unclear (C-5). Default: no. */
  readonly isUnseen?: boolean;
}

/** What must come first: a dependency between objects, a missing namespace. */
export interface WaitingObject {
  readonly ref: ObjectRef;
  readonly why: string;
  /** Default: Applying. */
  readonly reason?: Reason;
}

/** A pruned object that is not gone yet. */
export interface DeletingObject {
  readonly ref: ObjectRef;
  readonly sinceMs: number;
  readonly finalizers: readonly string[];
  /** Put off because something still refers to it (P-86): shows, and stops no wave. */
  readonly putOff?: string;
}

/** What one pass over the objects found out. */
export interface Pass {
  /** Absent for a unit whose documents are gone. */
  readonly attempted?: Commit;
  readonly changeId: string;
  readonly renderDigest: string;
  /** Objects in the inventory. */
  readonly managed: number;
  readonly results: readonly ChangeResult[];
  /** Beyond those of the results. */
  readonly problems: readonly Problem[];
  readonly held?: Held;
  readonly drift: readonly DriftEntry[];
  /** All of them. */
  readonly leftovers?: Leftovers;
  readonly health: readonly ObjectHealth[];
  readonly waiting: readonly WaitingObject[];
  readonly deleting: readonly DeletingObject[];
  /** An older render runs. */
  readonly isFallback?: boolean;
  /** It failed, and the next pass applies an older render. */
  readonly isLeft?: boolean;
  /** It failed, and why no older render is applied. */
  readonly whyKept?: string;
  /** Everything was compared, and applied as far as it could be. False: under way, or cut short. */
  readonly complete: boolean;
}

/** All that is known of one unit at one moment. */
export interface SummarizeInput {
  readonly unit: UnitFacts;
  readonly nowMs: number;
  readonly previous: UnitStatus | undefined;
  /** Newest commit fetched. */
  readonly fetched?: Commit;
  /** Newest accepted commit that is meant for it; default: `fetched`. */
  readonly desired?: Commit;
  /** Of the desired commit. */
  readonly changeId?: string;
  /** Accepted commits that touch the app and are not live here; default 1 where live differs. */
  readonly pendingCount?: number;
  /** Changes of this unit that were skipped because a newer one came. */
  readonly skipped?: readonly { readonly commit: Commit; readonly changeId: string }[];
  /**
   * Everything that stops it, before or beside a pass, as it is now: source, documents, render, gate, suspension,
   * what cannot be seen. Reasons say stage and state. A source or gate problem that is not given is over.
   */
  readonly problems: readonly Problem[];
  readonly suspend?: NonNullable<UnitStatus["suspend"]>;
  /** Absent: nothing was compared this time; what the previous status says of the objects stays. */
  readonly pass?: Pass;
  readonly handled?: Readonly<Record<string, string>>;
  /** What no watch shows, for want of rights, and what to do about it (C-8). */
  readonly unwatched?: string | undefined;
}

/** The facts of a selected unit; `renderer` is what `auto` turned out to be. */
export function unitFacts(unit: Unit, renderer: UnitStatus["renderer"]): UnitFacts {
  return {
    app: unit.app,
    cluster: unit.cluster.name,
    namespace: unit.namespace,
    path: unit.path,
    ...(unit.rollout === undefined ? {} : { rollout: unit.rollout }),
    ...(unit.owner === undefined ? {} : { owner: unit.owner }),
    renderer,
    healthTimeoutMs: unit.health.timeoutMs,
  };
}
