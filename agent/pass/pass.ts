import type { LiveCache } from "../cluster/cache.ts";
import type { ClusterClient, Discovery } from "../cluster/client.ts";
import type { InventoryStore } from "../cluster/inventory.ts";
import type { KeptStore } from "../cluster/kept.ts";
import type { RenderStore } from "../cluster/kept-renders.ts";
import type { HealthRules } from "../health/cel.ts";
import type { TrackedHealth } from "../health/settle.ts";
import type { Hasher } from "../model/digest.ts";
import type { Emit } from "../model/event.ts";
import type { Rollback } from "../model/inventory.ts";
import type { KubeObject, ObjectRef } from "../model/object.ts";
import type { DriftEntry, Leftover } from "../model/status.ts";
import type { Unit } from "../model/unit.ts";
import type { Barrier } from "../plan/barrier.ts";
import type { Dispute } from "../plan/fight.ts";
import type { Accept } from "../plan/guard.ts";
import type { Manifests } from "../rendering/manifests.ts";
import type { Clock } from "../schedule/clock.ts";
import type { PodsSeen } from "./pods.ts";
import type { Pruned } from "./prune.ts";

/** The outside world, as one pass needs it. */
export interface PassPorts {
  /** Guarded by the lease: without it nothing is sent. */
  readonly client: ClusterClient;
  readonly inventories: Pick<InventoryStore, "read" | "write" | "remove" | "installations">;
  /** Copies of what is about to be deleted (P-83). */
  readonly kept: Pick<KeptStore, "keep">;
  /** Healthy renders to go back to. */
  readonly renders: RenderStore;
  /** May decide *unchanged* and health, never absence, ownership or deletion (C-18). */
  readonly live: Pick<LiveCache, "entry" | "put" | "stale">;
  readonly clock: Clock;
  readonly hasher: Hasher;
  readonly emit: Emit;
  discovery(): Discovery;
  /** Asks anew, at most once at a time. */
  refreshDiscovery(signal: AbortSignal): Promise<Discovery>;
  /** Everything on the cluster with a full mark of this installation and app (P-19). */
  findMarked(app: string, signal: AbortSignal): Promise<readonly KubeObject[]>;
}

/** What the other units of this cluster declare at the newest accepted commit (4.5). */
export interface Neighbours {
  declaredBy(ref: ObjectRef): string | undefined;
  namespaceUsedBy(namespace: string): string | undefined;
  crdUsedBy(crd: string): string | undefined;
  /** Apps whose render at that commit is not known yet: they may declare more than is said here, and less. */
  readonly unknown: ReadonlySet<string>;
  readonly declaredUids: ReadonlySet<string>;
}

export interface Installation {
  readonly id: string;
  readonly clusterUid: string;
  readonly agentNamespace: string;
}

export interface PassInput {
  readonly unit: Unit;
  readonly manifests: Manifests;
  readonly installation: Installation;
  readonly neighbours: Neighbours;
  /** Asked only when something would go. `plans`: only those that name a digest, which need no render. */
  readonly accepts: (only?: "plans") => Promise<readonly Accept[]>;
  /** A person let us take over what bears foreign marks (P-60), or what was lost or replaced (P-12, P-19). */
  readonly takeOver: boolean;
  /** Why nothing new may be applied: an app that this one depends on is not ready (O-30). What runs stays enforced. */
  readonly gate?: Barrier;
  /** Nothing at all is written, and until when; what differs is listed (D-27). */
  readonly suspended?: Barrier;
  /** `manifests` are those of an older render. */
  readonly rollback?: Rollback;
  readonly healthRules: HealthRules | undefined;
  /** False: plans and reports, never writes. */
  readonly enforce: boolean;
  /** Somebody said `holdfast sync`: ask about every object, judge what is held anew, run failed hooks again. */
  readonly bypassProofs: boolean;
  /** Ask the server about every object, whatever the watches prove, and nothing more (C-5). */
  readonly sweep?: boolean;
  readonly memory: UnitMemory;
  /** Something newer is to be applied: nothing is waited for any more (H-3). Default: no. */
  readonly isSuperseded?: () => boolean;
}

/** An object and a desired digest that were once seen equal, and are until one of them moves. */
export interface Proof {
  readonly uid: string;
  readonly digest: string;
  readonly fingerprint: string;
  /** `resourceVersion` at which a pass saw it last; undefined: none was told. */
  readonly version: string | undefined;
}

/** What one unit remembers between passes; losing it costs requests, never correctness. */
export interface UnitMemory {
  readonly proofs: Map<string, Proof>;
  readonly health: Map<string, TrackedHealth>;
  /** Of workloads that take long to become healthy (§5.2). */
  readonly pods: Map<string, PodsSeen>;
  /** When we last wrote an object, for the health time-out (H-1). */
  readonly writtenMs: Map<string, number>;
  /** Since when an object differs, for `drift.grace` and the report. */
  readonly differsSinceMs: Map<string, number>;
  /** What was healed lately, so that a person can still see who made it differ. */
  readonly healed: Map<string, DriftEntry>;
  /** Objects that others change as often as we set them back (D-20). */
  readonly disputes: Map<string, Dispute>;
  /** What others set on objects of ours and Git does not declare, by object. */
  readonly leftovers: Map<string, readonly Leftover[]>;
  /** A held set as it was judged, and what it was judged by (P-53). */
  judged: { readonly by: string; readonly pruned: Pruned } | undefined;
  /** Warnings of the API server that were told, for the render of that digest. */
  warned: { readonly digest: string; readonly told: Set<string> } | undefined;
  /** Reason and plan of the held set that was told last: once per plan. */
  toldHeld: string | undefined;
  /** The render that a failing one is judged by. */
  healthy: Manifests | undefined;
  /** Digest of a render that is too large to be kept. */
  unkept: string | undefined;
}

export function emptyMemory(): UnitMemory {
  return {
    proofs: new Map(),
    health: new Map(),
    pods: new Map(),
    writtenMs: new Map(),
    differsSinceMs: new Map(),
    healed: new Map(),
    disputes: new Map(),
    leftovers: new Map(),
    judged: undefined,
    warned: undefined,
    toldHeld: undefined,
    healthy: undefined,
    unkept: undefined,
  };
}
