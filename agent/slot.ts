import type { HealthRules } from "./health/cel.ts";
import type { Artifact, Commit } from "./model/artifact.ts";
import type { Inventory } from "./model/inventory.ts";
import type { KubeObject } from "./model/object.ts";
import type { Problem } from "./model/problem.ts";
import type { Suspend, UnitStatus } from "./model/status.ts";
import type { Unit } from "./model/unit.ts";
import { emptyMemory, type UnitMemory } from "./pass/pass.ts";
import type { Accept, Removal } from "./plan/guard.ts";
import type { Manifests } from "./rendering/manifests.ts";
import type { RestoreWish } from "./requests/bring-back.ts";
import type { RollbackWish } from "./requests/roll-back.ts";
import type { AcceptTrailer } from "./source/trailers.ts";

/** A render that failed for a reason that may pass. */
export interface RenderTry {
  readonly failures: number;
  /** Monotonic; not before. */
  readonly dueMs: number;
}

/** A trailer and the commit that carries it. */
export interface FoundTrailer {
  readonly at: Commit;
  readonly accept: AcceptTrailer;
}

/** One unit between its passes. */
export interface Slot {
  readonly app: string;
  /** As the newest accepted commit says, or, while that is broken, the last good one. */
  unit: Unit | undefined;
  /** Newest accepted commit that changed it. */
  commit: Commit | undefined;
  /** Last complete render; what is enforced. */
  manifests: Manifests | undefined;
  /** The kept render that runs instead, while a rollback counts. */
  fallback: Manifests | undefined;
  /** Of its documents and its render, at the newest commit. */
  problems: readonly Problem[];
  renderTry: RenderTry | undefined;
  /** The artifact at which it changed, until its render there is known: it may come to declare anything. */
  unknownAt: Artifact | undefined;
  /** The render under way; another one takes its place. */
  rendering: AbortController | undefined;
  removal: Removal | undefined;
  /** Digest of the render for which the agent has all rights (security §8). */
  permitted: string | undefined;
  inventory: Inventory | undefined;
  healthRules: HealthRules | undefined;
  status: UnitStatus | undefined;
  /** The App object as stored last. */
  object: KubeObject | undefined;
  /** A pass of this agent has looked at it. */
  isCompared: boolean;
  /** Something of its change waits for its turn: events bring it on (O-16). */
  isWaiting: boolean;
  /** The last pass found that an app which this one depends on is not ready (O-30). */
  isGated: boolean;
  /** What people asked for and no pass has used yet. */
  requested: Accept[];
  /** Trailers that accept something of it, among the commits between two of them. */
  trailers: { readonly range: string; readonly found: readonly FoundTrailer[] } | undefined;
  takeOver: boolean;
  bypassProofs: boolean;
  /** A person wants what was rolled back tried once more. */
  triesAgain: boolean;
  /** Its next pass asks the server about every object, and does nothing else differently (C-5). */
  sweep: boolean;
  /** Monotonic: when that is due. */
  sweepAtMs: number | undefined;
  restore: RestoreWish | undefined;
  rollbackWish: RollbackWish | undefined;
  /** A person had it paused; what the inventory has is a copy (P-85). */
  suspend: Suspend | undefined;
  /** Ids of the requests obeyed last (P-85). */
  handled: Readonly<Record<string, string>>;
  /** Passes in a row that ended in trouble. */
  failures: number;
  readonly memory: UnitMemory;
}

export function createSlot(app: string): Slot {
  return {
    app,
    unit: undefined,
    commit: undefined,
    manifests: undefined,
    fallback: undefined,
    problems: [],
    renderTry: undefined,
    unknownAt: undefined,
    rendering: undefined,
    removal: undefined,
    permitted: undefined,
    inventory: undefined,
    healthRules: undefined,
    status: undefined,
    object: undefined,
    isCompared: false,
    isWaiting: false,
    isGated: false,
    requested: [],
    trailers: undefined,
    takeOver: false,
    bypassProofs: false,
    triesAgain: false,
    sweep: false,
    sweepAtMs: undefined,
    restore: undefined,
    rollbackWish: undefined,
    suspend: undefined,
    handled: {},
    failures: 0,
    memory: emptyMemory(),
  };
}
