import { describe, expect, it } from "vitest";
import type { Change, ChangeResult } from "../../agent/model/change.ts";
import type { HealthStatus } from "../../agent/model/health.ts";
import { barrierAfter, unreadyDependency } from "../../agent/plan/barrier.ts";
import type { ObjectHealth } from "../../agent/status/input.ts";
import { desired, object } from "./builders.ts";

const needed = desired(object("ConfigMap", "needed"));
const needy = desired(
  object("ConfigMap", "needy", {
    metadata: {
      name: "needy",
      namespace: "shop",
      annotations: { "config.kubernetes.io/depends-on": "/namespaces/shop/ConfigMap/needed" },
    },
  }),
);
const { ref } = needed;
const problem = { reason: "Rejected", message: "no", ref } as const;
const changes: Readonly<Record<string, Change>> = {
  applied: { action: "unchanged", ref, desired: needed, live: undefined },
  failed: { action: "fail", ref, problem },
  waits: { action: "skip", ref, why: "x", forget: false, waits: "Applying" },
  held: { action: "hold", ref, reason: "OwnedElsewhere", why: "x" },
  "let alone": { action: "skip", ref, why: "x", forget: false },
};
const outcomes = {
  applied: "unchanged",
  failed: "failed",
  waits: "skipped",
  held: "held",
} as const;

function resultOf(what: string): readonly ChangeResult[] {
  const change = changes[what];
  if (change === undefined) return [];
  const outcome = what in outcomes ? outcomes[what as keyof typeof outcomes] : "skipped";
  return [{ change, outcome, warnings: [] }];
}

function healthOf(status: HealthStatus | undefined, awaited = true): readonly ObjectHealth[] {
  return status === undefined
    ? []
    : [{ ref, health: { status, message: "m" }, sinceMs: 0, awaited }];
}

describe("case 74: what an object that names another waits for (O-23)", () => {
  const all = [undefined, "Healthy", "Suspended", "Progressing", "Degraded", "Missing"] as const;
  const combinations = ["applied", "failed", "waits", "held", "let alone", "not reached"].flatMap(
    (what) => all.map((status) => [what, status] as const),
  );

  it.each(combinations)("%s, %s", (what, status) => {
    const isFine = status === undefined || status === "Healthy" || status === "Suspended";
    const isAlone = what === "let alone" && status === undefined;
    const isReached = what === "applied" || what === "let alone";
    const reached = { results: resultOf(what), health: healthOf(status) };
    const why = unreadyDependency(needy, { ...reached, isFinished: () => false });
    expect(why === undefined).toBe(isReached && isFine && !isAlone);
    expect(unreadyDependency(needy, { ...reached, isFinished: () => true })).toBeUndefined();
  });
});

describe("what the next wave waits for (O-15)", () => {
  it("names the first, and how many more", () => {
    const health = [...healthOf("Progressing"), ...healthOf("Missing")];
    expect(barrierAfter("wave 0", { results: resultOf("failed"), health })).toEqual({
      reason: "Applying",
      why: "waits for wave 0: ConfigMap shop/needed (failed) and 2 more",
    });
  });

  it("is nothing for what is fine, paused by a person, or never awaited (H-2)", () => {
    const health = [
      ...healthOf("Healthy"),
      ...healthOf("Suspended"),
      ...healthOf("Progressing", false),
    ];
    expect(barrierAfter("wave 0", { results: resultOf("applied"), health })).toBeUndefined();
  });
});
