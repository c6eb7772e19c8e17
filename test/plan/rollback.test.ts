import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Desired } from "../../agent/model/change.ts";
import { hookKey } from "../../agent/model/hook.ts";
import type { Inventory, KeptRender } from "../../agent/model/inventory.ts";
import { type ObjectRef, refId } from "../../agent/model/object.ts";
import { failedObjects, failsAt } from "../../agent/plan/failed-objects.ts";
import {
  fallbackFor,
  type KnownRenders,
  namedTarget,
  stays,
  undoable,
  withRender,
} from "../../agent/plan/rollback.ts";
import type { ObjectHealth } from "../../agent/status/input.ts";

const at = "2026-11-21T09:00:00Z";
const render = (digest: string, lost?: readonly string[]): KeptRender => ({
  digest,
  commit: `commit-${digest}`,
  at,
  ...(lost && { lost }),
});
const ref = (kind: string, name: string): ObjectRef => ({ group: "", kind, namespace: "s", name });
const desired = (kind: string, name: string, digest: string): Desired => {
  const of = ref(kind, name);
  const object = { apiVersion: "v1", kind, metadata: { name } };
  return { id: refId(of), ref: of, object, digest, file: "", line: 1 };
};
const health = (more: Partial<ObjectHealth> = {}): ObjectHealth => ({
  ref: ref("Deployment", "web"),
  health: { status: "Degraded", message: "no pods" },
  sinceMs: 0,
  ...more,
});

describe("where a unit may go back to", () => {
  it("R-4: the newest healthy render that is another one, once for each that fails", () => {
    const known = { renders: [render("a"), render("b"), render("c")] };
    expect(fallbackFor(known, "c").to?.digest).toBe("b");
    expect(fallbackFor(known, "d").to?.digest).toBe("c");
    expect(fallbackFor({ ...known, failed: ["d"] }, "d").why).toContain("rolled back before");
    expect(fallbackFor({ renders: [render("a")] }, "a").why).toContain("no older healthy render");
  });

  it("R-7: never across an object of a protected kind that is gone, at whatever step it went", () => {
    const step = [render("a"), render("b", ["PVC s/db"]), render("c")];
    expect(namedTarget({ renders: step }, "c", undefined).to?.digest).toBe("b");
    expect(namedTarget({ renders: step }, "c", "commit-a").why).toContain("PVC s/db");
    expect(fallbackFor({ renders: step, lost: ["PVC s/new"] }, "d").why).toContain("PVC s/new");
  });

  it("R-9: a person names it by the beginning of its digest or commit, never the one that runs", () => {
    const renders = [render("aaa"), render("abb"), render("ccc")];
    expect(namedTarget({ renders }, "ccc", "ab").to?.digest).toBe("abb");
    expect(namedTarget({ renders }, "ccc", "commit-aa").to?.digest).toBe("aaa");
    expect(namedTarget({ renders }, "ccc", "ccc").why).toContain("kept are:");
  });

  it("R-3: three are kept, each once, whatever comes and comes back", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "c", "d", "e")), (digests) => {
        const known = digests.reduce<KnownRenders>(
          (before, digest) => withRender(before, { digest, commit: digest, at }),
          { failed: ["a", "x"] },
        );
        const kept = (known.renders ?? []).map(({ digest }) => digest);
        expect(kept.length).toBe(Math.min(3, new Set(digests).size));
        expect(new Set(kept).size).toBe(kept.length);
        expect(kept.at(-1)).toBe(digests.at(-1));
        expect(known.failed?.includes("a")).toBe(!digests.includes("a"));
      }),
    );
  });
});

describe("what has failed (R-4)", () => {
  const facts = { results: [], nowMs: 1000, timeoutMs: 500, wasHealthy: false };

  it("counts from the last write for what is broken, and from whatever came later for what is not ready", () => {
    expect(failsAt(health({ writtenMs: 100, sinceMs: 400 }), 500)).toBe(600);
    const waits = health({ health: { status: "Progressing", message: "" } });
    expect(failsAt({ ...waits, writtenMs: 100, sinceMs: 400 }, 500)).toBe(900);
    expect(failsAt({ ...waits, awaited: false }, 500)).toBeUndefined();
    expect(failsAt(health({ health: { status: "Healthy", message: "" } }), 500)).toBeUndefined();
    expect(failedObjects({ ...facts, health: [health()] })).toMatchObject([
      { why: "Deployment s/web: no pods" },
    ]);
    expect(failedObjects({ ...facts, nowMs: 499, health: [health()] })).toEqual([]);
  });

  it("of a render that was healthy once, only what broke within the time-out of its own writes", () => {
    const of = (one: ObjectHealth) =>
      failedObjects({ ...facts, wasHealthy: true, health: [one] }).length;
    expect(of(health({ writtenMs: 100, sinceMs: 300 }))).toBe(1);
    expect(of(health({ writtenMs: 100, sinceMs: 700 }))).toBe(0);
    expect(of(health({ sinceMs: 300 }))).toBe(0); // nobody knows when it was written
  });
});

describe("what going back would change", () => {
  const now = {
    desired: [
      desired("ConfigMap", "same", "1"),
      desired("ConfigMap", "other", "2"),
      desired("Job", "j", "1"),
    ],
    hooks: [desired("Job", "hook", "1")],
  };
  const then = { desired: [desired("ConfigMap", "same", "1"), desired("ConfigMap", "other", "1")] };

  it("R-7: not what fails as it was before", () => {
    const failed = [...now.desired, ...now.hooks].map(({ id }) => ({ id, why: id }));
    expect(undoable(failed, { now, then }).map(({ id }) => id)).toEqual([
      "s_other__ConfigMap",
      "s_j__Job",
      "s_hook__Job",
    ]);
  });

  it("R-6: says what has happened for good", () => {
    const job = ref("Job", "j");
    const run = {
      ref: ref("Job", "hook"),
      phase: "pre",
      version: "v1",
      digest: "d",
      since: at,
    } as const;
    const inventory: Inventory = {
      installation: "i",
      clusterUid: "c",
      app: "shop",
      namespace: "s",
      onRemove: "hold",
      accepts: [],
      implicit: [],
      entries: new Map([
        [
          refId(job),
          { ref: job, version: "v1", plural: "jobs", state: "applied", since: at, uid: "u" },
        ],
      ]),
      hooks: new Map([[hookKey("pre", run.ref), { ...run, state: "succeeded", uid: "h" }]]),
    };
    const kinds = [
      desired("StatefulSet", "db", "2"),
      desired("CustomResourceDefinition", "w", "2"),
    ];
    const wider = { ...now, desired: [...now.desired, ...kinds] };
    expect(stays(inventory, "d", { now: wider, then })).toEqual([
      "Job s/j has run",
      "Job s/hook has run",
      "what w has stored",
      "what StatefulSet s/db has written",
    ]);
    expect(stays(inventory, "other", { now: { ...now, desired: then.desired }, then })).toEqual([]);
  });
});
