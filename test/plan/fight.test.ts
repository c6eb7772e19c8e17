import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backsOffUntil, type Dispute, fought, isForgotten } from "../../agent/plan/fight.ts";

const digest = "d";
const minute = 60_000;

/** Somebody changes the object again right after each of our writes. */
function storm(forMs: number): {
  readonly writes: readonly number[];
  readonly last: Dispute | undefined;
} {
  const writes: number[] = [];
  let last: Dispute | undefined;
  for (let nowMs = 0; nowMs < forMs; nowMs += 1000) {
    if (backsOffUntil(last, { nowMs, digest }) !== undefined) continue;
    last = fought(last, { nowMs, digest });
    writes.push(nowMs);
  }
  return { writes, last };
}

describe("D-20: an object that is set back again and again", () => {
  it("is a fight with the fourth write in a row, and then we wait longer each time, at most 10 minutes (D-21)", () => {
    const { writes } = storm(60 * minute);
    const gaps = writes.slice(1).map((at, index) => at - (writes[index] ?? 0));
    expect(gaps.slice(0, 7)).toEqual([1000, 1000, 1000, 10_000, 30_000, 90_000, 270_000]);
    expect(writes.length).toBeLessThanOrEqual(20);
  });

  it("never costs more than a handful of writes an hour, whatever the other side's rhythm", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 120_000 }), { minLength: 1, maxLength: 2000 }),
        (pauses) => {
          let [nowMs, writes] = [0, 0];
          let last: Dispute | undefined;
          for (const pause of pauses) {
            nowMs += pause;
            if (nowMs > 60 * minute) break;
            if (backsOffUntil(last, { nowMs, digest }) !== undefined) continue;
            last = fought(last, { nowMs, digest });
            writes += 1;
          }
          expect(writes).toBeLessThanOrEqual(20);
        },
      ),
    );
  });

  it("ends when the other side rests, or when something else is declared", () => {
    const { last } = storm(15_000);
    expect(backsOffUntil(last, { nowMs: 15_000, digest })).toBeGreaterThan(15_000);
    expect(backsOffUntil(last, { nowMs: 15_000, digest: "another" })).toBeUndefined();
    expect(backsOffUntil(last, { nowMs: 30 * minute, digest })).toBeUndefined();
    const again = fought(last, { nowMs: 60 * minute, digest });
    expect(again.rounds).toBe(0);
  });

  it("is no fight when it happens now and then", () => {
    let last: Dispute | undefined;
    for (let hour = 0; hour < 20; hour += 1) {
      const nowMs = hour * 60 * minute;
      expect(backsOffUntil(last, { nowMs, digest })).toBeUndefined();
      last = fought(last, { nowMs, digest });
    }
    expect(last?.rounds).toBe(0);
    expect(last !== undefined && isForgotten(last, (19 + 2) * 60 * minute)).toBe(true);
  });
});
