import {
  type KubeObject,
  type ManagedFieldsEntry,
  type ObjectRef,
  refId,
  type Version,
} from "./object.ts";
import type { Problem } from "./problem.ts";
import type { Reason } from "./reason.ts";

/** One object as Git wants it, after normalisation (semantics §2.2): what is sent is exactly `object`. */
export interface Desired {
  readonly id: string;
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  /** Digest of `object`; keyed for Secrets (§0.2). */
  readonly digest: string;
  /** Where a person wrote it. */
  readonly file: string;
  /** 1-based line of the object's first key. */
  readonly line: number;
  /** JSON pointers that differ from render to render: sent when it is made, kept as they live afterwards (N-30). */
  readonly unstable?: readonly string[];
}

/** Why a write is due: Git moved, live moved, or an earlier try did not get through. */
export type Cause = "change" | "drift" | "retry";

/** One differing field, with who owns it now (D-20, semantics §6.4). Values of Secrets are masked. */
export interface FieldDiff {
  /** `spec.template.spec.containers[web].image`: list items by key where there is one. */
  readonly path: string;
  /** JSON pointer into the live object. */
  readonly pointer: string;
  readonly live: unknown;
  readonly desired: unknown;
  /** A client's claim, not a user. `unknown` where nothing tells. */
  readonly manager?: string;
  readonly operation?: "Apply" | "Update";
  readonly subresource?: string;
  /** ISO 8601. */
  readonly time?: string;
}

export type Change =
  | {
      readonly action: "create";
      readonly ref: ObjectRef;
      readonly desired: Desired;
      readonly cause: Cause;
    }
  | {
      readonly action: "update";
      readonly ref: ObjectRef;
      readonly desired: Desired;
      /** What is sent; differs from `desired.object` where ignore rules copy or leave out fields. */
      readonly payload: KubeObject;
      readonly over: Version;
      readonly live: KubeObject;
      readonly cause: Cause;
      readonly fields: readonly FieldDiff[];
      /** Live bears no mark of ours yet (P-60). */
      readonly adopts: boolean;
      /** A person let us take it from another tool: JSON pointers of that tool's marks, which go (P-60). */
      readonly strips?: readonly string[];
      /** Nothing is applied yet: only these entries are put right, and then it is planned again. */
      readonly repairs?: readonly ManagedFieldsEntry[];
      /** A person accepted that what legacy managers left goes: their entries before, and after it is applied. */
      readonly drops?: {
        readonly united: readonly ManagedFieldsEntry[];
        readonly kept: readonly ManagedFieldsEntry[];
      };
      /** A webhook does not support dry run: what the server makes of it was not asked. */
      readonly isUnpredicted?: true;
    }
  | {
      readonly action: "recreate";
      readonly ref: ObjectRef;
      readonly desired: Desired;
      readonly over: Version;
      readonly live: KubeObject;
      readonly cause: Cause;
      /** `Orphan`: what it owns stays and is found again. */
      readonly propagation: "Background" | "Orphan";
    }
  | {
      readonly action: "delete";
      readonly ref: ObjectRef;
      readonly version: string;
      readonly over: Version;
      readonly live: KubeObject;
    }
  | {
      readonly action: "release";
      readonly ref: ObjectRef;
      readonly version: string;
      readonly over: Version;
      readonly live: KubeObject;
    }
  | {
      readonly action: "unchanged";
      readonly ref: ObjectRef;
      readonly desired: Desired;
      readonly live: KubeObject | undefined;
    }
  /** Nothing is sent: already gone, terminating, let alone, or waiting for something. `forget` drops the inventory entry. */
  | {
      readonly action: "skip";
      readonly ref: ObjectRef;
      readonly why: string;
      readonly forget: boolean;
      /** Set when it stands in the way of pruning and dependents: it waits for something. */
      readonly waits?: Reason;
    }
  /** Differs and is left as it is: report mode, grace, break-glass (semantics §6.2). */
  | {
      readonly action: "report";
      readonly ref: ObjectRef;
      readonly reason: Reason;
      readonly how: "reported" | "held" | "grace" | "break-glass" | "backing-off";
      readonly live: KubeObject | undefined;
      readonly fields: readonly FieldDiff[];
    }
  /** A person decides. */
  | {
      readonly action: "hold";
      readonly ref: ObjectRef;
      readonly reason: Reason;
      readonly why: string;
    }
  /** Planning found out that it cannot be done. */
  | { readonly action: "fail"; readonly ref: ObjectRef; readonly problem: Problem };

export type Outcome =
  | "created"
  | "configured"
  | "unchanged"
  | "adopted"
  | "recreated"
  | "deleted"
  | "released"
  | "skipped"
  | "reported"
  | "held"
  | "failed"
  /** Sent, not answered: it may have happened, or may still happen. */
  | "unknown";

export interface ChangeResult {
  readonly change: Change;
  readonly outcome: Outcome;
  /** What the server answered, or what was found. */
  readonly live?: KubeObject;
  /** Set when `failed` or `unknown`. */
  readonly problem?: Problem;
  /** `Warning:` headers of the API server. */
  readonly warnings: readonly string[];
}

/** `refId` of what it is about; of what is declared it is known already. */
export function resultId({ change }: Pick<ChangeResult, "change">): string {
  return "desired" in change ? change.desired.id : refId(change.ref);
}
