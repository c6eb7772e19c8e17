import type { Commit } from "../../agent/model/artifact.ts";
import type { ChangeResult, Desired } from "../../agent/model/change.ts";
import type { HealthStatus } from "../../agent/model/health.ts";
import type { ObjectRef } from "../../agent/model/object.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import type { ObjectHealth, Pass, SummarizeInput, UnitFacts } from "../../agent/status/input.ts";
import { summarize } from "../../agent/status/summarize.ts";

export const startMs = Date.UTC(2026, 10, 21, 9, 0, 0);

export const unit: UnitFacts = {
  app: "shop",
  cluster: "prod-eu-1",
  namespace: "shop",
  path: "apps/shop",
  rollout: "progressive",
  owner: { team: "storefront" },
  renderer: "plain",
  healthTimeoutMs: 300_000,
};

export function commit(letter: string, message = "change"): Commit {
  return {
    id: letter.repeat(40),
    parents: [],
    title: message,
    message,
    author: "Ana",
    authoredAt: startMs / 1000,
    committedAt: startMs / 1000,
  };
}

export function ref(name: string, kind = "Deployment", group = "apps"): ObjectRef {
  return { group, kind, namespace: "shop", name };
}

export function desired(of: ObjectRef): Desired {
  return {
    id: of.name,
    ref: of,
    object: { apiVersion: "apps/v1", kind: of.kind, metadata: { name: of.name } },
    digest: "d",
    file: "apps/shop/web.yaml",
    line: 1,
  };
}

export function created(name: string): ChangeResult {
  const of = ref(name);
  return {
    change: { action: "create", ref: of, desired: desired(of), cause: "change" },
    outcome: "created",
    warnings: [],
  };
}

export function failed(name: string, reason: "Rejected" | "Forbidden" = "Rejected"): ChangeResult {
  return {
    ...created(name),
    outcome: "failed",
    problem: { reason, message: "spec.replicas: must be a number", file: "web.yaml", line: 3 },
  };
}

export function health(
  name: string,
  status: HealthStatus,
  more: Partial<ObjectHealth> = {},
): ObjectHealth {
  return { ref: ref(name), health: { status, message: "" }, sinceMs: startMs, ...more };
}

export function pass(more: Partial<Pass> = {}): Pass {
  return {
    attempted: commit("a"),
    changeId: "change-a",
    renderDigest: "digest-a",
    managed: 2,
    results: [],
    problems: [],
    drift: [],
    health: [health("web", "Healthy")],
    waiting: [],
    deleting: [],
    complete: true,
    ...more,
  };
}

export function input(more: Partial<SummarizeInput> = {}): SummarizeInput {
  return {
    unit,
    nowMs: startMs,
    previous: undefined,
    fetched: commit("a"),
    changeId: "change-a",
    problems: [],
    ...more,
  };
}

/** Plays inputs one after the other, a minute apart unless they say when. */
export function play(...steps: readonly Partial<SummarizeInput>[]): UnitStatus {
  let previous: UnitStatus | undefined;
  for (const [index, step] of steps.entries()) {
    previous = summarize(input({ nowMs: startMs + index * 60_000, ...step, previous }));
  }
  if (previous === undefined) throw new Error("play needs a step");
  return previous;
}
