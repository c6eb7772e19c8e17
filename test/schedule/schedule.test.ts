import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelayMs } from "../../agent/schedule/backoff.ts";
import { createQueue } from "../../agent/schedule/queue.ts";
import { createTimers } from "../../agent/schedule/timers.ts";
import { createManualClock } from "../doubles/ports.ts";

describe("back-off (§12)", () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [5, 16_000],
    [9, 256_000],
    [10, 300_000],
    [1_000, 300_000],
  ])("transient: after %i failures %i ms", (failures, ms) => {
    expect(retryDelayMs("backoff", failures, 0.5)).toBe(ms);
  });

  it.each([
    [1, 30_000],
    [2, 120_000],
    [3, 600_000],
    [4, 1_800_000],
    [40, 1_800_000],
  ])("permanent: after %i failures %i ms", (failures, ms) => {
    expect(retryDelayMs("slow", failures, 0.5)).toBe(ms);
  });

  it("only an event helps: no time", () => {
    for (const retry of ["input", "wait", "none"] as const)
      expect(retryDelayMs(retry, 3, 0.5)).toBeUndefined();
  });

  it("spreads by a fifth either way", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (n, r) => {
          const middle = retryDelayMs("backoff", n, 0.5) ?? 0;
          const delay = retryDelayMs("backoff", n, r) ?? 0;
          expect(delay).toBeGreaterThanOrEqual(Math.floor(middle * 0.8));
          expect(delay).toBeLessThanOrEqual(Math.ceil(middle * 1.2));
        },
      ),
    );
  });
});

/** A runner whose flights end when the test says so. */
function flights() {
  const started: string[] = [];
  const open = new Map<string, () => void>();
  const run = (key: string) => {
    started.push(key);
    return new Promise<void>((resolve) => open.set(key, resolve));
  };
  const end = async (key: string) => {
    open.get(key)?.();
    await new Promise((done) => setImmediate(done));
  };
  return { started, run, end };
}

describe("queue", () => {
  it("D-12: flies one key at a time, and once more for all wishes that came meanwhile", async () => {
    const { started, run, end } = flights();
    const queue = createQueue({ width: 4, run });
    queue.add("a");
    queue.add("a");
    queue.add("a");
    expect(started).toEqual(["a"]);
    await end("a");
    expect(started).toEqual(["a", "a"]);
    await end("a");
    expect(started).toEqual(["a", "a"]);
    expect(queue).toMatchObject({ depth: 0, active: 0 });
  });

  it("is never wider than told, and goes on in order", async () => {
    const { started, run, end } = flights();
    const queue = createQueue({ width: 2, run });
    for (const key of ["a", "b", "c", "b", "d"]) queue.add(key);
    expect(started).toEqual(["a", "b"]);
    expect(queue).toMatchObject({ depth: 2, active: 2 });
    await end("a");
    expect(started).toEqual(["a", "b", "c"]);
    await end("b");
    expect(started).toEqual(["a", "b", "c", "d"]);
    await end("c");
    expect(started.at(-1)).toBe("b");
  });

  it("tells what waits, starts and ends, each once", async () => {
    const { run, end } = flights();
    const steps: string[] = [];
    const onStep = (step: string, key: string) => steps.push(`${step} ${key}`);
    const queue = createQueue({ width: 1, run, onStep });
    for (const key of ["a", "b", "b", "a"]) queue.add(key);
    expect(steps).toEqual(["added a", "started a", "added b"]);
    await end("a");
    expect(steps.slice(3)).toEqual(["ended a", "added a", "started b"]);
  });

  it("stops after what is under way, and takes nothing more", async () => {
    const { started, run, end } = flights();
    const queue = createQueue({ width: 1, run });
    queue.add("a");
    queue.add("b");
    queue.add("a");
    let isStopped = false;
    const stopped = queue.stop().then(() => {
      isStopped = true;
    });
    await end("none");
    expect(isStopped).toBe(false);
    queue.add("c");
    await end("a");
    await stopped;
    expect(started).toEqual(["a"]);
  });
});

describe("timers", () => {
  function timers() {
    const clock = createManualClock();
    const due: string[] = [];
    return { clock, due, timers: createTimers(clock, (key) => due.push(key)) };
  }

  it("the nearest wish of a key wins, once", async () => {
    const { clock, due, timers: of } = timers();
    of.after("a", 1_000);
    of.after("a", 200);
    of.after("a", 5_000);
    await clock.advance(199);
    expect(due).toEqual([]);
    await clock.advance(1);
    expect(due).toEqual(["a"]);
    await clock.advance(10_000);
    expect(due).toEqual(["a"]);
  });

  it("can be taken back, one or all", async () => {
    const { clock, due, timers: of } = timers();
    of.after("a", 100);
    of.after("b", 100);
    of.cancel("a");
    await clock.advance(100);
    expect(due).toEqual(["b"]);
    of.after("c", 100);
    of.stop();
    await clock.advance(100);
    expect(due).toEqual(["b"]);
  });

  it("a wish for next month neither fires at once nor is forgotten", async () => {
    const asked: number[] = [];
    const clock = createManualClock();
    const spied = {
      ...clock,
      sleep: (ms: number, signal?: AbortSignal) => {
        asked.push(ms);
        return clock.sleep(ms, signal);
      },
    };
    const due: string[] = [];
    const month = 40 * 24 * 3_600_000;
    createTimers(spied, (key) => due.push(key)).after("a", month);
    expect(Math.max(...asked)).toBeLessThan(2 ** 31); // what a timer of Node can hold
    await clock.advance(month);
    expect(due).toContain("a");
  });
});
