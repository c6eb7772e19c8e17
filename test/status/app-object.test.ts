import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../agent/model/object.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { appCrd } from "../../agent/status/app-crd.ts";
import { appearance, fromAppObject, toAppObject } from "../../agent/status/app-object.ts";
import { toRecord } from "../../agent/status/record.ts";
import { summarize } from "../../agent/status/summarize.ts";
import { commit, created, failed, health, input, pass, play, ref, unit } from "./builders.ts";

function stored(object: KubeObject): KubeObject {
  return JSON.parse(JSON.stringify(object));
}

function sizeOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

const rich: UnitStatus = play(
  { pass: pass({ results: [created("web")] }) },
  {
    suspend: { by: "Ana", reason: "move", until: "2026-12-01T00:00:00Z" },
    handled: { sync: "1" },
    problems: [{ reason: "WaveWaiting", message: "wave canary" }],
    pass: pass({
      results: [failed("db")],
      held: {
        reason: "PruneGuard",
        message: "12 of 44",
        plan: "sha256:1",
        deletions: [ref("old")],
      },
      drift: [
        {
          ref: ref("web"),
          fields: [
            {
              path: "spec.replicas",
              pointer: "/spec/replicas",
              live: 1,
              desired: 2,
              manager: "kubectl",
              operation: "Update",
            },
          ],
          since: "2026-11-21T09:00:00Z",
          action: "reported",
        },
      ],
    }),
  },
);

describe("App object", () => {
  test("what is written is read back equal, through JSON and with a generation", () => {
    const previous = stored(toAppObject(rich, "holdfast-system"));
    const at = { ...previous, metadata: { ...previous.metadata, generation: 7 } };
    const object = stored(toAppObject(rich, "holdfast-system", at));
    expect(object).toMatchObject({ status: { observedGeneration: 7 } });
    expect(fromAppObject(object)).toEqual(rich);
  });

  test("any status is read back equal", () => {
    const anyStatus = fc.record({
      complete: fc.boolean(),
      fails: fc.boolean(),
      gated: fc.boolean(),
      degraded: fc.boolean(),
      rollout: fc.option(fc.string(), { nil: undefined }),
    });
    fc.assert(
      fc.property(anyStatus, ({ complete, fails, gated, degraded, rollout }) => {
        const { rollout: _, ...plain } = unit;
        const status = summarize(
          input({
            unit: rollout === undefined ? plain : { ...plain, rollout },
            problems: gated ? [{ reason: "WindowClosed", message: "until 8" }] : [],
            pass: pass({
              complete,
              results: fails ? [failed("x")] : [],
              health: [health("x", degraded ? "Degraded" : "Healthy")],
            }),
          }),
        );
        expect(fromAppObject(stored(toAppObject(status, "ns")))).toEqual(status);
      }),
    );
  });

  test("live and wanted commits are told in 7 hex", () => {
    const object = toAppObject(play({ pass: pass() }, { fetched: commit("b") }), "ns");
    expect(object).toMatchObject({ status: { short: { live: "aaaaaaa", want: "bbbbbbb" } } });
  });

  test("no value of any object is in it", () => {
    const secret = {
      ...rich,
      drift: rich.drift.map((d) => ({
        ...d,
        fields: d.fields.map((f) => ({ ...f, live: "hunter2", desired: "hunter3" })),
      })),
    };
    expect(JSON.stringify(toAppObject(secret, "ns"))).not.toContain("hunter");
  });

  test("its metadata is kept for the next PUT, without managedFields", () => {
    const previous: KubeObject = {
      apiVersion: "holdfast.dev/v1alpha1",
      kind: "App",
      metadata: {
        name: "shop",
        resourceVersion: "9",
        annotations: { "holdfast.dev/request-sync": "{}" },
        managedFields: [{ manager: "holdfast" }],
      },
    };
    const { metadata } = toAppObject(rich, "ns", previous);
    expect(metadata).toMatchObject({ resourceVersion: "9", namespace: "ns" });
    expect(metadata.annotations).toEqual({ "holdfast.dev/request-sync": "{}" });
    expect(metadata.managedFields).toBeUndefined();
  });

  test("it stays within 64 KiB by giving up history first, then lists", () => {
    const [entry] = rich.history;
    const history = Array.from({ length: 20 }, () => ({ ...entry!, digest: "x".repeat(4000) }));
    const cut = toAppObject({ ...rich, history }, "ns");
    expect(sizeOf(cut.status)).toBeLessThanOrEqual(64 * 1024);
    expect(fromAppObject(stored(cut))?.problems).toEqual(rich.problems);
    expect(fromAppObject(stored(cut))?.history.length).toBeGreaterThan(0);

    const deletions = Array.from({ length: 5000 }, (_, n) => ref(`object-with-a-long-name-${n}`));
    const held = { ...rich.held!, deletions };
    const objects = { ...rich.objects, heldDeletions: deletions.length };
    const crowded = toAppObject({ ...rich, history, held, objects }, "ns");
    expect(sizeOf(crowded.status)).toBeLessThanOrEqual(64 * 1024);
    expect(fromAppObject(stored(crowded))?.objects.heldDeletions).toBe(5000);
  });

  test.each([
    ["no status", { status: undefined }],
    ["a config document", { spec: { clusters: {} } }],
    [
      "a reason of a newer agent",
      { status: { ...toAppObject(rich, "ns").status!, reason: "Brand New" } },
    ],
  ])("is not read with %s", (_, change) => {
    expect(fromAppObject({ ...stored(toAppObject(rich, "ns")), ...change })).toBeUndefined();
  });

  test("the CRD asks for spec.cluster and prints the columns", () => {
    const text = JSON.stringify(appCrd);
    expect(text).toContain('"required":["cluster"]');
    const names = [...text.matchAll(/"name":"([A-Z][a-z]+)","type"/g)].map(([, name]) => name);
    expect(names).toEqual([
      "State",
      "Reason",
      "Live",
      "Want",
      "Age",
      "Objects",
      "Drift",
      "Held",
      "Message",
    ]);
  });
});

describe("status record", () => {
  const facts = {
    cluster: "prod-eu-1",
    uid: "u",
    sequence: 3,
    publishedAt: "2026-11-21T09:00:00Z",
    heartbeat: 600,
    agent: "0.1.0",
    kubernetes: "v1.36.3",
    source: { fetched: commit("a").id },
  };

  test("holds states and digests, no message and no object", () => {
    const record = toRecord(facts, [rich]);
    expect(record.units.shop).toMatchObject({
      state: "Failed",
      commits: { attempted: commit("a").id, live: commit("a").id },
      change: "change-a",
      digest: "digest-a",
    });
    const text = JSON.stringify(record);
    for (const absent of ["message", "old", "web", "replicas"]) expect(text).not.toContain(absent);
  });

  test("is the same whatever the order of units, and at most 64 KiB", () => {
    const many = Array.from({ length: 70 }, (_, n) => ({
      ...rich,
      app: `app-${n}`,
      history: Array.from({ length: 20 }, () => rich.history[0]!),
    }));
    const record = toRecord(facts, many);
    expect(sizeOf(record)).toBeLessThanOrEqual(64 * 1024);
    expect(Object.keys(record.units)).toHaveLength(70);
    expect(JSON.stringify(toRecord(facts, many.toReversed()))).toBe(JSON.stringify(record));
  });
});

test("D-21, P8: an opponent that writes something new each second does not make us write as often; another one does", () => {
  const field = { path: "data.mode", pointer: "/data/mode", desired: "ours" };
  const by = (live: string, time: string, manager = "rival") =>
    appearance({
      ...rich,
      comparedAt: time,
      drift: [
        {
          ref: ref("web"),
          fields: [{ ...field, live, manager, time }],
          since: "2026-11-21T09:00:00Z",
          action: "backing-off",
        },
      ],
    });
  const first = by("theirs", "2026-11-21T09:14:00Z");
  expect(by("theirs again", "2026-11-21T09:15:00Z")).toBe(first);
  expect(by("theirs", "2026-11-21T09:14:00Z", "another")).not.toBe(first);
});
