import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unitsOfRecord } from "../../agent/status/from-record.ts";
import { judgeRecords, type RecordVerdict } from "../../agent/status/read-record.ts";
import { type StatusRecord, toRecord } from "../../agent/status/record.ts";
import { unitStatus } from "../telemetry/samples.ts";

const nowMs = Date.parse("2026-11-21T09:10:00Z");

function record(more: Partial<StatusRecord> = {}): StatusRecord {
  const facts = {
    cluster: "prod",
    uid: "uid-1",
    sequence: 7,
    publishedAt: "2026-11-21T09:09:20Z",
    heartbeat: 600,
    agent: "0.1.0",
    kubernetes: "v1.36.3",
    source: { fetched: "a".repeat(40) },
  };
  return { ...toRecord(facts, [unitStatus()]), ...more };
}

interface Case {
  readonly uid?: string;
  readonly seen?: { readonly uid: string; readonly sequence: number };
}

function judge(text: string | undefined, { uid, seen }: Case = {}): RecordVerdict | undefined {
  const judging = {
    uidOf: () => uid,
    seen: new Map(seen === undefined ? [] : [["prod", seen]]),
    nowMs,
  };
  return judgeRecords([{ cluster: "prod", text }], judging).verdicts.get("prod");
}

const written = (more: Record<string, unknown> = {}) => JSON.stringify({ ...record(), ...more });

describe("a record that is read", () => {
  test("is believed when it is of its cluster, fresh and newer than the last", () => {
    const seen = { uid: "uid-1", sequence: 6 };
    expect(judge(written(), { uid: "uid-1", seen })).toMatchObject({
      ok: true,
      silentSince: undefined,
    });
  });

  // NEG-67, E18: a record is hostile input.
  test.each<[string, string | undefined, Case, RegExp]>([
    ["too large or missing", undefined, {}, /larger than/],
    ["of 10 MB", written({ padding: "x".repeat(10_000_000) }), {}, /larger than/],
    ["no JSON", "{", {}, /malformed/],
    ["a list", "[]", {}, /malformed/],
    ["without units", written({ units: undefined }), {}, /malformed/],
    ["of another format", written({ format: 2 }), {}, /malformed/],
    ["with a heartbeat of a year", written({ heartbeat: 31_536_000 }), {}, /malformed/],
    ["of another cluster", written({ cluster: "dev" }), {}, /another cluster, dev/],
    ["of another UID than Git's", written(), { uid: "uid-2" }, /UID uid-1, not uid-2/],
    ["of another UID than the first", written(), { seen: { uid: "u", sequence: 1 } }, /UID uid-1/],
    ["replayed", written(), { seen: { uid: "uid-1", sequence: 8 } }, /7 after 8/],
    ["of the future", written({ publishedAt: "2026-11-21T09:12:01Z" }), {}, /121 s ahead/],
    ["of no time", written({ publishedAt: "2026-99-99T99:99:99Z" }), {}, /no time/],
  ])("says nothing when it is %s", (...[, text, known, why]) => {
    const verdict = judge(text, known);
    expect(verdict?.ok).toBe(false);
    expect(verdict).toMatchObject({ why: expect.stringMatching(why) });
  });

  test("counts as silent after three of the intervals that it states", () => {
    const at = (ageSeconds: number) => new Date(nowMs - ageSeconds * 1000).toISOString();
    expect(judge(written({ publishedAt: at(1799) }))).toMatchObject({ silentSince: undefined });
    expect(judge(written({ publishedAt: at(1801) }))).toMatchObject({ silentSince: at(1801) });
    const slow = written({ publishedAt: at(1801), heartbeat: 960 });
    expect(judge(slow)).toMatchObject({ silentSince: undefined });
  });

  test("binds the cluster to its UID where Git names none, and a refused one binds nothing", () => {
    const judging = { uidOf: () => undefined, seen: new Map(), nowMs };
    const found = [
      { cluster: "prod", text: written() },
      { cluster: "dev", text: written() },
    ];
    const { seen } = judgeRecords(found, judging);
    expect([...seen]).toEqual([["prod", { uid: "uid-1", sequence: 7 }]]);
    const rebuilt = [{ cluster: "prod", text: written({ uid: "uid-2", sequence: 8 }) }];
    const later = judgeRecords(rebuilt, { ...judging, seen });
    expect(later.verdicts.get("prod")?.ok).toBe(false);
    expect(later.seen.get("prod")?.uid).toBe("uid-1");
  });

  test("keeps keys of newer agents out of the way", () => {
    expect(judge(written({ mood: "fine" }))?.ok).toBe(true);
  });

  test("never makes a reader fail, whatever it is", () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object().map((one) => written(one)),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const verdict = judge(text);
        if (verdict?.ok === true) unitsOfRecord(verdict.record);
        expect(verdict).toBeDefined();
      }),
    );
  });
});

describe("the units of a record", () => {
  test("say what the agent said, but for words and objects", () => {
    const told = unitStatus();
    const [read] = unitsOfRecord(record());
    expect(read).toMatchObject({
      app: told.app,
      state: told.state,
      reason: told.reason,
      objects: told.objects,
      desired: told.desired,
    });
    expect(read?.revisions.live?.commit).toBe(told.revisions.live?.commit);
    expect(read?.history.map(({ change }) => change)).toEqual(
      told.history.slice(0, 5).map(({ change }) => change),
    );
  });
});
