import { describe, expect, test } from "vitest";
import type { AgentEvent } from "../../agent/model/event.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { SourceError } from "../../agent/source/errors.ts";
import type { RecordCarrier } from "../../agent/status/carrier.ts";
import type { StatusRecord } from "../../agent/status/record.ts";
import { publishRecords } from "../../agent/term/records.ts";
import { createManualClock, type ManualClock } from "../doubles/ports.ts";
import { unitStatus } from "../telemetry/samples.ts";

const minute = 60_000;

interface Bench {
  readonly clock: ManualClock;
  /** What lies at the carrier, oldest first. */
  readonly published: StatusRecord[];
  readonly events: AgentEvent[];
  statuses: readonly UnitStatus[];
  /** What the carrier throws from now on; `lost`: it takes the record before. */
  trouble: { readonly error: Error; readonly lost?: boolean } | undefined;
  stop(): Promise<void>;
}

function start(roundMs = 15_000, before: readonly StatusRecord[] = []): Bench {
  const clock = createManualClock();
  const ended = new AbortController();
  const published = [...before];
  const carrier: RecordCarrier = {
    turn: ({ nowMs }) => ({ atMs: nowMs + roundMs, roundMs }),
    publish: async (record) => {
      const { trouble } = bench;
      if (trouble === undefined || trouble.lost === true) published.push(record);
      if (trouble !== undefined) throw trouble.error;
    },
    read: async () =>
      published.slice(-1).map((one) => ({ cluster: "prod", text: JSON.stringify(one) })),
    close: async () => {},
  };
  const events: AgentEvent[] = [];
  const emit = (event: AgentEvent) => void events.push(event);
  const random = { next: () => 0.5, id: () => "id" };
  const facts = { cluster: "prod", uid: "u", agent: "1", kubernetes: "v1.36.3", source: {} };
  const look = () => ({ facts, statuses: bench.statuses, clusters: ["prod"] });
  const stop = async () => {
    ended.abort();
    await running;
  };
  const statuses = [unitStatus()];
  const bench: Bench = { clock, published, events, statuses, trouble: undefined, stop };
  const publishing = { heartbeatMs: 10 * minute, look };
  const running = publishRecords({ carrier, clock, random, emit }, publishing, ended.signal);
  return bench;
}

describe("the publisher of status records", () => {
  test("publishes at the first turn, then only as a heartbeat, with a growing sequence", async () => {
    const bench = start();
    await bench.clock.advance(16_000);
    expect(bench.published.map(({ sequence }) => sequence)).toEqual([1]);
    await bench.clock.advance(9 * minute);
    expect(bench.published).toHaveLength(1);
    await bench.clock.advance(21 * minute);
    expect(bench.published.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    const times = bench.published.map(({ publishedAt }) => Date.parse(publishedAt));
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(10 * minute);
    await bench.stop();
  });

  test("tells a change at its next turn, and the age of a compare never", async () => {
    const bench = start();
    await bench.clock.advance(minute);
    bench.statuses = [{ ...unitStatus(), comparedAt: "2026-11-21T00:59:00Z" }];
    await bench.clock.advance(minute);
    expect(bench.published).toHaveLength(1);
    bench.statuses = [{ ...unitStatus(), state: "Failed", reason: "Rejected" }];
    await bench.clock.advance(16_000);
    expect(bench.published.at(-1)?.units[unitStatus().app]?.state).toBe("Failed");
    await bench.stop();
  });

  // E18: readers refuse a smaller sequence.
  test("goes on where the last record ended, after a restart", async () => {
    const first = start();
    await first.clock.advance(25 * minute);
    await first.stop();
    const second = start(15_000, first.published);
    await second.clock.advance(16_000);
    expect(second.published.at(-1)?.sequence).toBe(first.published.length + 1);
    await second.stop();
  });

  // KP23
  test("takes a new number after an answer that was lost", async () => {
    const bench = start();
    const error = new SourceError("SourceUnreachable", "cut off");
    bench.trouble = { error, lost: true };
    await bench.clock.advance(16_000);
    bench.trouble = undefined;
    await bench.clock.advance(minute);
    expect(bench.published.map(({ sequence }) => sequence)).toEqual([1, 2]);
    await bench.stop();
  });

  // G32: Retry-After is obeyed; a refused credential is not shown again for five minutes.
  test.each([
    ["Retry-After", new SourceError("SourceUnreachable", "429", { retryAfterSeconds: 240 }), 240],
    ["a refused credential", new SourceError("SourceAuthFailed", "403"), 300],
  ])("waits after %s, says so once, and tells the interval all the while", async (...given) => {
    const [, error, seconds] = given;
    const bench = start();
    bench.trouble = { error };
    await bench.clock.advance(15_000);
    bench.trouble = undefined;
    await bench.clock.advance(seconds * 1000);
    expect(bench.published).toEqual([]);
    await bench.clock.advance(15_000);
    expect(bench.published).toHaveLength(1);
    expect(bench.events.map((event) => event.type === "record" && event.result)).toEqual([
      "started",
      "failed",
      "published",
    ]);
    await bench.stop();
  });

  test("states a heartbeat that its turns can keep", async () => {
    const bench = start(16 * minute);
    await bench.clock.advance(70 * minute);
    expect(bench.published.map(({ heartbeat }) => heartbeat)).toEqual([960, 960, 960, 960]);
    await bench.stop();
  });

  test("says that a record is too large instead of publishing what readers refuse", async () => {
    const bench = start();
    bench.statuses = Array.from({ length: 3000 }, (_, n) => ({ ...unitStatus(), app: `app-${n}` }));
    await bench.clock.advance(16_000);
    expect(bench.published).toEqual([]);
    expect(bench.events.at(-1)).toMatchObject({
      type: "record",
      result: "failed",
      message: expect.stringContaining("3000 apps"),
    });
    await bench.stop();
  });
});
