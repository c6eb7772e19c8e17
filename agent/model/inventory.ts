import type { HookRun } from "./hook.ts";
import type { ObjectRef } from "./object.ts";
import type { Suspend } from "./status.ts";

/** `intent`: may exist; `applied`: does; `stale`: undeclared and still there; `recovered`: found by its mark (P-5). */
export type EntryState = "intent" | "applied" | "stale" | "deleting" | "recovered";

/** One object that this unit may have made. Permission to delete it is its mark, never this entry (P-1). */
export interface InventoryEntry {
  readonly ref: ObjectRef;
  /** Only to know what to GET. */
  readonly version: string;
  /** For A-114, which asks for the CRD `<plural>.<group>`; `""` until discovery told. */
  readonly plural: string;
  readonly state: EntryState;
  /** Of the incarnation that we applied. */
  readonly uid?: string;
  /** Of what we applied last. */
  readonly digest?: string;
  /** Change id that first declared it, until that is done: what a change adds does not soften the guard against what it drops (P-50). */
  readonly addedIn?: string;
  /** Change id that created or changed it last: pruning waits for the health of these (P-16). */
  readonly changedIn?: string;
  /** The last desired protection (P-20): why this object is never pruned unasked. */
  readonly protect?: string;
  /** Digest with which a Job was seen Complete (H-8). */
  readonly finished?: string;
  /** The change for which its deletion was let through: it is not asked again while it takes its time (P-11). */
  readonly letGo?: string;
  /** Change id that took it over as it was, until that change is live: a rollback does not delete it unasked. */
  readonly adoptedIn?: string;
  /** Why it is still there although undeclared. */
  readonly why?: string;
  /** ISO 8601: since when it is in this state. */
  readonly since: string;
  /** Keys of newer versions are kept (P-5). */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A render that was all applied and healthy here, and that the cluster keeps. */
export interface KeptRender {
  readonly digest: string;
  readonly commit: string;
  /** ISO 8601. */
  readonly at: string;
  /** Protected objects that were deleted on the way to it: nothing goes back across that. */
  readonly lost?: readonly string[];
}

/** Why, and to what, a unit went back on its cluster. It counts while Git still asks for `from`. */
export interface Rollback {
  /** What is not applied again. */
  readonly from: { readonly digest: string; readonly commit: string };
  /** What runs instead. */
  readonly to: { readonly digest: string; readonly commit: string };
  readonly by: "failure" | "request";
  readonly why: string;
  /** ISO 8601. */
  readonly at: string;
  /** ISO 8601: when it ends by itself. */
  readonly until?: string;
  /** What it does not undo. */
  readonly stays?: readonly string[];
}

export type OnRemove = "hold" | "delete" | "orphan";

/** Everything a unit tracks on its cluster, as stored (P-5). */
export interface Inventory {
  readonly installation: string;
  /** UID of the kube-system namespace. */
  readonly clusterUid: string;
  readonly app: string;
  /** Namespace of the app, so that removal needs no documents. */
  readonly namespace: string;
  readonly onRemove: OnRemove;
  /** Whom the app acts as (C-9), also when its documents are gone. */
  readonly serviceAccount?: string;
  /** Last one applied without error. */
  readonly commit?: string;
  readonly changeId?: string;
  readonly renderDigest?: string;
  /** Accepts seen, so that each is used up once (P-52). */
  readonly accepts: readonly string[];
  /** Namespaces made for the app, never ours. */
  readonly implicit: readonly string[];
  /** By `refId`. */
  readonly entries: ReadonlyMap<string, InventoryEntry>;
  /** Runs of hooks, by phase and `refId` (O-18); absent where there were none. */
  readonly hooks?: ReadonlyMap<string, HookRun>;
  /** Render digest of the last change with hooks that ended well: no failure hook runs for it any more (O-19). */
  readonly succeeded?: string;
  /** A person had the app paused (P-85): the request as it was obeyed. */
  readonly suspend?: Suspend;
  /** The last healthy renders, newest last; absent where none is kept. */
  readonly renders?: readonly KeptRender[];
  /** Protected objects that were deleted since the newest of them. */
  readonly lost?: readonly string[];
  readonly rollback?: Rollback;
  /** Digests of renders that failed and were left by a rollback: once each. */
  readonly failed?: readonly string[];
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Nothing is tracked any more. */
export function isEmpty({ entries, hooks }: Inventory): boolean {
  return entries.size === 0 && (hooks?.size ?? 0) === 0;
}
