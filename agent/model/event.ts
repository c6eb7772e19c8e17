import type { Change, ChangeResult, Outcome } from "./change.ts";
import type { ObjectRef } from "./object.ts";
import type { Reason } from "./reason.ts";
import type { UnitStatus } from "./status.ts";
import type { WentBack } from "./went-back.ts";

export type Phase = "render" | "observe" | "apply" | "prune" | "health";
export type Trigger = "poll" | "webhook" | "manual";

/** One object that a person wanted back, and, if it is not there again, why. */
export interface BroughtBack {
  readonly ref: ObjectRef;
  readonly why?: string;
}

/** What happened, said once where it happened; metrics, logs and Kubernetes Events phrase it (style 15). */
export type AgentEvent =
  | { readonly type: "agent-started"; readonly version: string; readonly commit: string }
  | { readonly type: "agent-stopping"; readonly why: string }
  | { readonly type: "loop-ended" }
  | { readonly type: "lease"; readonly held: boolean; readonly holder: string }
  | {
      readonly type: "cluster-reachable";
      readonly reachable: boolean;
      readonly kubernetes?: string;
      readonly message?: string;
    }
  | ({ readonly type: "cluster-restored" } & WentBack)
  | {
      readonly type: "source-polled";
      readonly trigger: Trigger;
      readonly durationMs: number;
      readonly commit?: string;
      readonly committedAt?: number;
      /** Absent when all is well. */
      readonly reason?: Reason;
      readonly message?: string;
      readonly moved: boolean;
    }
  | {
      readonly type: "fleet-read";
      readonly environment: string;
      readonly region: string;
      readonly problems: number;
    }
  | {
      readonly type: "queue";
      readonly depth: number;
      readonly active: number;
      /** The unit that moved, so that waits and passes under way can be timed. */
      readonly app: string;
      readonly step: "added" | "retried" | "started" | "ended";
    }
  | {
      readonly type: "rendered";
      readonly app: string;
      readonly renderer: "plain" | "kustomize" | "helm";
      readonly result: "success" | "cached" | "error" | "limit";
    }
  | {
      readonly type: "phase";
      readonly app: string;
      readonly phase: Phase;
      readonly durationMs: number;
    }
  | {
      readonly type: "pass-ended";
      readonly app: string;
      readonly commit?: string;
      readonly result: "success" | "error";
      readonly reason?: Reason;
      readonly durationMs: number;
      readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
    }
  | {
      readonly type: "change";
      readonly app: string;
      readonly commit?: string;
      readonly action: Change["action"];
      readonly result: ChangeResult;
    }
  | {
      readonly type: "drift";
      readonly app: string;
      readonly kind: "modified" | "missing" | "extra";
      readonly ref: ObjectRef;
      readonly managers: readonly string[];
    }
  | {
      readonly type: "prune-blocked";
      readonly app: string;
      readonly reason: Reason;
      readonly plan: string;
    }
  | {
      readonly type: "restored";
      readonly app: string;
      readonly objects: readonly BroughtBack[];
    }
  | {
      /** A unit left a render for an older one, or, with `whyNot`, did not although a person asked. */
      readonly type: "rolled-back";
      readonly app: string;
      readonly by: "failure" | "request";
      /** Commits. */
      readonly from: string;
      readonly to: string;
      readonly why: string;
      readonly whyNot?: string;
    }
  | { readonly type: "inventory"; readonly app: string; readonly fillRatio: number }
  | { readonly type: "status"; readonly before: UnitStatus | undefined; readonly after: UnitStatus }
  | { readonly type: "unit-removed"; readonly app: string }
  | {
      /** Of the status record of this cluster; `started`: from now on one is expected. */
      readonly type: "record";
      readonly result: "started" | "published" | "failed";
      /** What the record states as its heartbeat. */
      readonly intervalSeconds: number;
      readonly message?: string;
    }
  | {
      readonly type: "warning";
      readonly app?: string;
      readonly reason:
        | "FilesIgnored"
        | "Deprecated"
        | "NonDeterministic"
        | "HookSkipped"
        | "RenderNotKept";
      readonly message: string;
    }
  | {
      readonly type: "error";
      readonly app?: string;
      readonly message: string;
      readonly stack?: string;
    }
  | {
      readonly type: "api-request";
      readonly verb: string;
      readonly method: string;
      readonly code: number;
      readonly durationMs: number;
    }
  | {
      readonly type: "api-throttled";
      readonly cause: "own_limit" | "status_429" | "retry_after";
      readonly waitMs: number;
    }
  | {
      readonly type: "watch-restarted";
      readonly kind: string;
      readonly reason: "expired" | "network" | "stalled";
    };

/** Must never throw and never wait. */
export type Emit = (event: AgentEvent) => void;
