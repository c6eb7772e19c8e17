import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { healthStatuses } from "../../agent/model/health.ts";
import { type Reason, reasonInfo, reasons } from "../../agent/model/reason.ts";
import { type State, states, worstState } from "../../agent/model/state.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import type { SummarizeInput } from "../../agent/status/input.ts";
import { isNews, summarize, summaryDue } from "../../agent/status/summarize.ts";
import { commit, created, failed, health, input, pass, play, ref, startMs } from "./builders.ts";

const minuteMs = 60_000;

function condition({ conditions }: UnitStatus, type: string) {
  return conditions.find((one) => one.type === type);
}

describe("summarize", () => {
  test("a complete, healthy pass of the newest commit is Synced at every revision", () => {
    const status = summarize(input({ pass: pass({ results: [created("web")] }) }));
    expect(status).toMatchObject({ state: "Synced", stage: "healthy", reason: "InSync" });
    expect(status.revisions.live?.commit).toBe(commit("a").id);
    expect(status.pending).toBeUndefined();
    expect(status.comparedAt).toBe("2026-11-21T09:00:00Z");
    expect(status.history).toMatchObject([{ result: "succeeded", kind: "change" }]);
    expect(condition(status, "Ready")).toMatchObject({ status: "True", reason: "InSync" });
  });

  test("before anything is known it is queued, not green", () => {
    const status = summarize(input());
    expect(status).toMatchObject({ state: "Progressing", stage: "applied", reason: "Applying" });
    expect(status.comparedAt).toBeUndefined();
    expect(condition(status, "Healthy")?.status).toBe("Unknown");
  });

  test("one refused object makes it Failed, names place and object, and ends with the next step", () => {
    const status = summarize(input({ pass: pass({ results: [failed("web"), created("db")] }) }));
    expect(status).toMatchObject({ state: "Failed", stage: "applied", reason: "Rejected" });
    expect(status.message).toBe(
      "web.yaml:3: Deployment shop/web: spec.replicas: must be a number. Fix the field named.",
    );
    expect(status.revisions.applied).toBeUndefined();
    expect(status.problems).toHaveLength(1);
    expect(condition(status, "Stalled")?.status).toBe("True");
    expect(condition(status, "Reconciling")).toBeUndefined();
    expect(status.history).toMatchObject([{ result: "failed", reason: "Rejected" }]);
  });

  test("a held deletion shows and does not keep the revision from being live", () => {
    const status = summarize(
      input({
        pass: pass({
          held: {
            reason: "PruneGuard",
            message: "Commit aaaaaaa would delete 12 of 44 objects",
            plan: "sha256:1",
            deletions: [ref("old")],
          },
          results: [
            {
              change: { action: "hold", ref: ref("old"), reason: "PruneGuard", why: "guarded" },
              outcome: "held",
              warnings: [],
            },
          ],
        }),
      }),
    );
    expect(status).toMatchObject({ state: "Held", reason: "PruneGuard", stage: "applied" });
    expect(status.message).toContain("holdfast accept shop --cluster prod-eu-1");
    expect(status.revisions.live?.commit).toBe(commit("a").id);
    expect(status.objects.heldDeletions).toBe(1);
    expect(condition(status, "Held")?.status).toBe("True");
  });

  test("an object that is held back itself keeps the revision from being applied", () => {
    const hold = {
      change: {
        action: "hold",
        ref: ref("web"),
        reason: "OwnedElsewhere",
        why: "bears Flux's marks",
      },
      outcome: "held",
      warnings: [],
    } as const;
    const status = summarize(input({ pass: pass({ results: [hold] }) }));
    expect(status).toMatchObject({ state: "Held", reason: "OwnedElsewhere" });
    expect(status.revisions.applied).toBeUndefined();
  });

  test("trouble at the source is Held, and Unknown while there is no commit to compare with", () => {
    const problems = [{ reason: "SourceUnreachable", message: "connect refused" }] as const;
    expect(summarize(input({ problems })).state).toBe("Unknown");
    const later = play({ pass: pass() }, { problems, pass: pass() });
    expect(later).toMatchObject({ state: "Held", stage: "fetched", reason: "SourceUnreachable" });
    expect(condition(later, "Healthy")?.status).toBe("True");
  });

  test("a gate that is shut is Progressing while the last accepted state stays enforced", () => {
    const gated = {
      changeId: "change-b",
      fetched: commit("b"),
      problems: [{ reason: "WaveWaiting", message: "wave canary: 1 of 2 clusters live" }],
      pass: pass(),
    } as const;
    const status = play({ pass: pass() }, gated);
    expect(status).toMatchObject({ state: "Progressing", stage: "gated", reason: "WaveWaiting" });
    expect(status.revisions.live?.commit).toBe(commit("a").id);
    expect(status.pending).toEqual({ count: 1, since: "2026-11-21T09:01:00Z" });
  });

  test("an older commit that is in force is not called Synced", () => {
    const status = play({ pass: pass() }, { changeId: "change-b", pass: pass() });
    expect(status).toMatchObject({ state: "Progressing", reason: "Applying" });
  });

  test("suspension counts less than what is broken", () => {
    const problems = [{ reason: "AppSuspended", message: "by Ana until noon" }] as const;
    expect(play({ pass: pass() }, { problems }).state).toBe("Suspended");
    const broken = pass({ health: [health("web", "Degraded")] });
    expect(play({ pass: broken }, { problems, pass: broken }).state).toBe("Degraded");
  });

  test("a rollout is Progressing until health.timeout after the last write, then HealthTimeout", () => {
    const rolling = pass({ health: [health("web", "Progressing", { writtenMs: startMs + 10 })] });
    const at = (ms: number) => summarize(input({ nowMs: startMs + ms, pass: rolling }));
    expect(at(300_009)).toMatchObject({ state: "Progressing", reason: "RollingOut" });
    expect(at(300_010)).toMatchObject({ state: "Degraded", reason: "HealthTimeout" });
    expect(at(300_010).message).toMatch(/^Not healthy within 5m: Deployment shop\/web/);
    expect(summaryDue(input({ nowMs: startMs, pass: rolling }), at(0))).toBe(startMs + 300_010);
  });

  test("H-4: a time-out names each object and what it said last", () => {
    const late = (name: string, message: string) =>
      health(name, "Progressing", { health: { status: "Progressing", message }, sinceMs: startMs });
    const both = pass({ health: [late("web", "1 of 2 ready"), late("db", "no pod")] });
    const { reason, message } = summarize(input({ nowMs: startMs + 300_000, pass: both }));
    expect(reason).toBe("HealthTimeout");
    expect(message).toContain("Deployment shop/web: 1 of 2 ready");
    expect(message).toContain("Deployment shop/db: no pod");
  });

  test("C-5, H-4: what no watch tells of is Unknown for that, not for a time-out or a rule", () => {
    const unseen = health("web", "Unknown", { isUnseen: true, sinceMs: startMs });
    const at = summarize(input({ nowMs: startMs + 900_000, pass: pass({ health: [unseen] }) }));
    expect(at).toMatchObject({ state: "Unknown", reason: "WatchStale" });
    expect(at.message).toContain("Look at the API server.");
  });

  test("nobody waits for a claim that no pod uses yet", () => {
    const claim = health("data", "Progressing", { awaited: false });
    expect(summarize(input({ pass: pass({ health: [claim] }) })).state).toBe("Synced");
  });

  test.each([
    ["container web: ImagePullBackOff", "ImagePullFailed"],
    ["container web: CrashLoopBackOff", "CrashLoop"],
    ["0/3 nodes are available", "Unschedulable"],
    ["exploded", "ObjectDegraded"],
  ])("a broken object that says %s is %s", (message, reason) => {
    const broken = health("web", "Degraded", { health: { status: "Degraded", message } });
    expect(summarize(input({ pass: pass({ health: [broken] }) }))).toMatchObject({
      state: "Degraded",
      reason,
    });
  });

  test("an object of an older revision does not keep a new one from being live", () => {
    const status = summarize(
      input({ pass: pass({ health: [health("db", "Degraded", { changed: false })] }) }),
    );
    expect(status.state).toBe("Degraded");
    expect(status.revisions.live?.commit).toBe(commit("a").id);
  });

  test("a pruned object that lingers is Deleting, and stuck once its finalizers are old", () => {
    const deleting = [{ ref: ref("old"), sinceMs: startMs, finalizers: ["a/b"] }];
    const at = (ms: number) =>
      summarize(input({ nowMs: startMs + ms, pass: pass({ deleting }) })).reason;
    expect(at(0)).toBe("Deleting");
    const { revisions } = summarize(input({ pass: pass({ deleting }) }));
    expect(revisions.applied).toBeDefined();
    expect(revisions.live).toBeUndefined();
    expect(at(300_000)).toBe("DeletionStuck");
  });

  test("a deletion that is put off stops no wave", () => {
    const deleting = [{ ref: ref("cm"), sinceMs: startMs, finalizers: [], putOff: "web uses it" }];
    const status = summarize(input({ pass: pass({ deleting }) }));
    expect(status).toMatchObject({ state: "Progressing", reason: "Deleting" });
    expect(status.revisions.live).toBeDefined();
  });

  test("drift that is not healed is Drifted, without values, naming field and manager", () => {
    const field = {
      path: "spec.replicas",
      pointer: "/spec/replicas",
      live: "hunter2",
      desired: 1,
      manager: "kubectl-edit",
    };
    const drift = [
      { ref: ref("web"), fields: [field], since: "2026-11-21T09:00:00Z", action: "reported" },
    ] as const;
    const status = summarize(input({ pass: pass({ drift }) }));
    expect(status).toMatchObject({ state: "Drifted", reason: "DriftReported" });
    expect(status.message).toContain("spec.replicas by kubectl-edit");
    expect(JSON.stringify(status)).not.toContain("hunter2");
    expect(status.objects.drifted).toBe(1);
  });

  test("healed drift is listed and leaves the unit Synced", () => {
    const drift = [
      { ref: ref("web"), fields: [], since: "2026-11-21T09:00:00Z", action: "healed" },
    ] as const;
    const status = summarize(input({ pass: pass({ drift }) }));
    expect(status.state).toBe("Synced");
    expect(status.drift).toHaveLength(1);
    expect(status.objects.drifted).toBe(0);
  });
});

describe("a state improves only on evidence", () => {
  test("retrying the same input does not leave Failed", () => {
    const status = play(
      { pass: pass({ results: [failed("web")] }) },
      { pass: pass({ complete: false, results: [created("db")] }) },
    );
    expect(status).toMatchObject({
      state: "Failed",
      reason: "Rejected",
      since: "2026-11-21T09:00:00Z",
    });
  });

  test("a new change does", () => {
    const status = play(
      { pass: pass({ results: [failed("web")] }) },
      { changeId: "change-b", pass: pass({ changeId: "change-b", complete: false }) },
    );
    expect(status).toMatchObject({ state: "Progressing", reason: "Applying" });
  });

  test("what cannot be seen stays Unknown until a complete pass", () => {
    const problems = [{ reason: "ClusterUnreachable", message: "no answer" }] as const;
    const blind = { pass: pass({ complete: false, problems }) };
    expect(play({ pass: pass() }, blind, { pass: pass({ complete: false }) }).state).toBe(
      "Unknown",
    );
    expect(play({ pass: pass() }, blind, { pass: pass() }).state).toBe("Synced");
  });

  test("Degraded ends when every object has been healthy for 30 s", () => {
    const broken = { pass: pass({ health: [health("web", "Degraded")] }) };
    const healedAt = startMs + minuteMs;
    const well = pass({ health: [health("web", "Healthy", { sinceMs: healedAt })] });
    const at = (ms: number) => play(broken, { pass: well, nowMs: healedAt + ms });
    expect(at(29_999)).toMatchObject({ state: "Degraded", reason: "ObjectDegraded" });
    expect(at(29_999).message).toBe(play(broken).message);
    expect(at(30_000).state).toBe("Synced");
    expect(summaryDue(input({ nowMs: healedAt, pass: well }), at(0))).toBe(healedAt + 30_000);
  });

  test("without a pass, what was said of the objects stays", () => {
    const broken = pass({ health: [health("web", "Degraded")] });
    const status = play({ pass: broken }, {});
    expect(status).toMatchObject({ state: "Degraded", comparedAt: "2026-11-21T09:00:00Z" });
    expect(play({ pass: pass() }, {}).state).toBe("Synced");
  });
});

describe("history", () => {
  test("a change overtaken by a newer one is superseded", () => {
    const rolling = pass({ health: [health("web", "Progressing")] });
    const status = play(
      { pass: rolling },
      {
        fetched: commit("b"),
        changeId: "change-b",
        pass: pass({ attempted: commit("b"), changeId: "change-b", renderDigest: "digest-b" }),
      },
    );
    expect(status.history.map(({ result }) => result)).toEqual(["succeeded", "superseded"]);
  });

  test("R-1: going back to a change that was live before is a rollback, and so is a revert by its message", () => {
    const second = (message: string) => ({
      fetched: commit("b", message),
      changeId: "change-b",
      pass: pass({
        attempted: commit("b", message),
        changeId: "change-b",
        renderDigest: "digest-b",
      }),
    });
    const back = play({ pass: pass() }, second("next"), { pass: pass() });
    expect(back.history.map(({ kind }) => kind)).toEqual(["rollback", "change", "change"]);
    const revert = play({ pass: pass() }, second("Revert\n\nThis reverts commit aaaaaaa."));
    expect(revert.history[0]?.kind).toBe("rollback");
  });

  test("R-4: a rollback of our own fails the change, and is about it also while nobody knows what Git says", () => {
    const bad = { attempted: commit("b"), changeId: "change-b", renderDigest: "digest-b" };
    const left = {
      fetched: commit("b"),
      changeId: "change-b",
      pass: pass({ ...bad, isLeft: true }),
    };
    const { changeId: _unknown, ...blind } = input({ pass: pass({ isFallback: true }) });
    const status = play({ pass: pass() }, left);
    const after = summarize({ ...blind, previous: status });
    expect(after.changeId).toBe("change-b");
    expect(after.history.map(({ kind, result }) => [kind, result])).toEqual([
      ["rollback", "succeeded"],
      ["change", "failed"],
      ["change", "succeeded"],
    ]);
  });

  test("R-4: says with the failure why nothing is rolled back", () => {
    const sick = health("web", "Degraded", {
      health: { status: "Degraded", message: "no pods" },
    });
    const whyKept = "no older healthy render is kept";
    const { message } = summarize(input({ pass: pass({ health: [sick], whyKept }) }));
    expect(message).toContain("no pods");
    expect(message).toContain(`Not rolled back: ${whyKept}`);
  });

  test("a commit that renders the same objects is live at once and is no new entry", () => {
    const same = {
      fetched: commit("b"),
      changeId: "change-b",
      pass: pass({ attempted: commit("b"), changeId: "change-b" }),
    };
    const status = play({ pass: pass() }, same);
    expect(status.revisions.live?.commit).toBe(commit("b").id);
    expect(status.history).toHaveLength(1);
  });

  test("at most 20 are kept", () => {
    const steps = Array.from({ length: 30 }, (_, n) => ({
      changeId: `c${n}`,
      pass: pass({ changeId: `c${n}`, renderDigest: `d${n}` }),
    }));
    expect(play(...steps).history).toHaveLength(20);
  });
});

describe("limits", () => {
  test("messages stay within 1 KiB and still end with the next step", () => {
    const results = Array.from({ length: 40 }, (_, n) => ({
      ...failed(`web-${n}`),
      problem: { reason: "Rejected", message: "ü".repeat(700) } as const,
    }));
    const status = summarize(input({ pass: pass({ results }) }));
    expect(new TextEncoder().encode(status.message).length).toBeLessThanOrEqual(1024);
    expect(status.message).toMatch(/Fix the field named\.$/);
    expect(status.problems).toHaveLength(20);
  });

  test("only freshness differs between two equal passes, and that is no news", () => {
    const first = play({ pass: pass() });
    const second = play({ pass: pass() }, { pass: pass() });
    expect(second.comparedAt).not.toBe(first.comparedAt);
    expect(isNews(first, second)).toBe(false);
    expect(isNews(first, { ...second, state: "Held" })).toBe(true);
  });
});

const unitReasons = (Object.keys(reasons) as Reason[]).filter(
  (reason) => reasonInfo(reason).state !== undefined,
);

const anyPass = fc.record({
  statuses: fc.array(fc.constantFrom(...healthStatuses), { maxLength: 4 }),
  fails: fc.boolean(),
  complete: fc.boolean(),
});

const anyInput = fc.record({
  reasonsOf: fc.array(fc.constantFrom(...unitReasons), { maxLength: 3 }),
  passOf: fc.option(anyPass, { nil: undefined }),
});

function built({ reasonsOf, passOf }: typeof anyInput extends fc.Arbitrary<infer T> ? T : never) {
  const problems = reasonsOf.map((reason) => ({ reason, message: `it is ${reason}` }));
  const found: Partial<SummarizeInput> =
    passOf === undefined
      ? {}
      : {
          pass: pass({
            complete: passOf.complete,
            results: passOf.fails ? [failed("web")] : [],
            health: passOf.statuses.map((status, n) => health(`o${n}`, status)),
          }),
        };
  return { problems, ...found };
}

const stateOfHealth: Readonly<Record<string, State>> = {
  Healthy: "Synced",
  Suspended: "Suspended",
  Progressing: "Progressing",
  Missing: "Progressing",
  Degraded: "Degraded",
  Unknown: "Unknown",
};

describe("properties", () => {
  test("the state is the worst of all that was given", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        fc.pre(given.passOf !== undefined);
        const { statuses = [], fails = false, complete = true } = given.passOf ?? {};
        const parts: State[] = [
          ...given.reasonsOf.map((reason) => reasonInfo(reason).state ?? "Synced"),
          ...statuses.map((status) => stateOfHealth[status] ?? "Unknown"),
          ...(fails ? (["Failed"] as const) : []),
          ...(complete ? [] : (["Progressing"] as const)),
        ];
        expect(summarize(input(built(given))).state).toBe(worstState(parts));
      }),
    );
  });

  test("since, transition times and history do not move while nothing changes", () => {
    fc.assert(
      fc.property(anyInput, fc.integer({ min: 1, max: 200 }), (given, seconds) => {
        const step = built(given);
        const first = play(step);
        const again = summarize(
          input({ ...step, previous: first, nowMs: startMs + seconds * 1000 }),
        );
        expect(isNews(first, again)).toBe(false);
        expect(again.since).toBe(first.since);
      }),
    );
  });

  test("Synced is said only with a complete compare behind it, of the newest change, live", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { minLength: 1, maxLength: 4 }), (all) => {
        const status = play(...all.map(built));
        if (status.state !== "Synced") return;
        expect(status.comparedAt).toBeDefined();
        expect(status.revisions.live?.commit).toBe(status.desired);
      }),
    );
  });

  test("every condition is one kstatus can read, and a state and its stage agree with the table", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const status = play(built(given));
        const types = status.conditions.map(({ type }) => type);
        expect(new Set(types).size).toBe(types.length);
        expect(types.includes("Reconciling") && types.includes("Stalled")).toBe(false);
        for (const { reason } of status.conditions) expect(reason).toMatch(/^[A-Z][A-Za-z]*$/);
        expect(states[status.state]).toBeDefined();
      }),
    );
  });
});
