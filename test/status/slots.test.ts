import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextSlot, type SlotPlan, slotMs, slotRoundMs } from "../../agent/status/slots.ts";

const start = Date.UTC(2026, 10, 21);

/** Every push of every agent in a while, by the host's true time; each agent's idea of it errs by its own amount. */
function pushes(fleet: Fleet): readonly number[] {
  const { names, open, maxPushesPerMinute, errorsMs } = fleet;
  return names
    .flatMap((own, index) => {
      const plan = { clusters: names, open, own, maxPushesPerMinute };
      return pushesOf(plan, errorsMs[index % errorsMs.length] ?? 0, fleet.untilMs);
    })
    .sort((a, b) => a - b);
}

function pushesOf(plan: SlotPlan, errorMs: number, untilMs: number): readonly number[] {
  const found: number[] = [];
  let [hostMs, last] = [start + errorMs, -1];
  for (;;) {
    const next = nextSlot(plan, { hostMs, last });
    if (next === undefined || next.atMs > start + untilMs) return found;
    [hostMs, last] = [next.atMs, next.slot];
    found.push(next.atMs - errorMs);
  }
}

/** The most in any window of this length. */
function most(times: readonly number[], windowMs: number): number {
  let [from, best] = [0, 0];
  times.forEach((time, index) => {
    while ((times[from] ?? 0) <= time - windowMs) from += 1;
    best = Math.max(best, index - from + 1);
  });
  return best;
}

interface Fleet {
  readonly names: readonly string[];
  readonly open: readonly string[];
  readonly maxPushesPerMinute: number;
  readonly errorsMs: readonly number[];
  readonly untilMs: number;
}

const fleets: fc.Arbitrary<Fleet> = fc
  .record({ size: fc.integer({ min: 1, max: 60 }), perMinute: fc.integer({ min: 2, max: 120 }) })
  .chain(({ size, perMinute }) => {
    const names = Array.from({ length: size }, (_, n) => `cluster-${n}`);
    // Less than half a slot: the Date header is cut to the second, and an answer takes a while.
    const bound = Math.floor(slotMs({ maxPushesPerMinute: perMinute }) * 0.49);
    return fc.record({
      names: fc.constant(names),
      open: fc.subarray(names),
      maxPushesPerMinute: fc.constant(perMinute),
      errorsMs: fc.array(fc.integer({ min: -bound, max: bound }), { minLength: 1, maxLength: 60 }),
      untilMs: fc.constant(660_000),
    });
  });

describe("publishing slots", () => {
  // observability §3: at most m in any minute, whatever the fleet, its open waves and its clocks.
  test("keep to what the host allows, with every slot used and clocks off by almost half a slot", () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const times = pushes(fleet);
        const m = fleet.maxPushesPerMinute;
        expect(most(times, 60_000)).toBeLessThanOrEqual(m);
        expect(most(times, 600_000)).toBeLessThanOrEqual(10 * (m - 1) + 1);
      }),
      { numRuns: 200 },
    );
  });

  test("belong to one cluster each, and come round to everybody", () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const untilMs = 2.1 * slotRoundMs({ ...fleet, clusters: fleet.names, own: "" });
        const owners = new Map<number, string>();
        for (const own of fleet.names) {
          const plan = { ...fleet, clusters: fleet.names, own };
          for (let at = start, last = -1; at < start + untilMs; ) {
            const next = nextSlot(plan, { hostMs: at, last });
            if (next === undefined) throw new Error("no slot");
            expect(next.atMs).toBeGreaterThan(at);
            expect(owners.get(next.slot) ?? own).toBe(own);
            owners.set(next.slot, own);
            [at, last] = [next.atMs, next.slot];
          }
        }
        expect(new Set(owners.values()).size).toBe(fleet.names.length);
      }),
      { numRuns: 50 },
    );
  });

  test("an open wave has the even slots to itself", () => {
    const clusters = ["a", "b", "c", "d"];
    const plan = { clusters, open: ["b"], own: "b", maxPushesPerMinute: 6 };
    const first = nextSlot(plan, { hostMs: start, last: -1 });
    const second = nextSlot(plan, { hostMs: first?.atMs ?? 0, last: first?.slot ?? 0 });
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeLessThanOrEqual(24_000);
    expect(slotRoundMs(plan)).toBe(96_000);
  });

  test("a cluster that Git does not know has none", () => {
    const plan = { clusters: ["a"], open: [], own: "b", maxPushesPerMinute: 6 };
    expect(nextSlot(plan, { hostMs: start, last: -1 })).toBeUndefined();
  });

  test("a clock that is set back does not give one slot twice", () => {
    const plan = { clusters: ["a", "b"], open: ["a", "b"], own: "a", maxPushesPerMinute: 6 };
    const first = nextSlot(plan, { hostMs: start, last: -1 });
    const again = nextSlot(plan, { hostMs: start - 3000, last: first?.slot ?? 0 });
    expect(again?.slot).toBeGreaterThan(first?.slot ?? 0);
  });
});
