import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settle, type TrackedHealth, track } from "../../agent/health/settle.ts";
import { noAddress, noStatus } from "../../agent/health/words.ts";
import { healthStatuses } from "../../agent/model/health.ts";

const ref = { group: "apps", kind: "Deployment", namespace: "shop", name: "web" };

function tracked(more: Partial<TrackedHealth>): TrackedHealth {
  return { ref, health: { status: "Degraded", message: "broken" }, sinceMs: 1000, ...more };
}

describe("settle", () => {
  test("Degraded counts once it has lasted 30 s, and says when", () => {
    expect(settle(tracked({}), 30_999)).toEqual({
      health: { status: "Progressing", message: "broken" },
      dueMs: 31_000,
    });
    expect(settle(tracked({}), 31_000).health.status).toBe("Degraded");
  });

  test("an autoscaler's metrics have 5 min after its creation", () => {
    const hpa = tracked({ ref: { ...ref, kind: "HorizontalPodAutoscaler" }, createdMs: 0 });
    expect(settle(hpa, 299_999).health.status).toBe("Progressing");
    expect(settle(hpa, 300_000).health.status).toBe("Degraded");
  });

  test.each([noStatus, noAddress])("%s is taken for Healthy after 60 s", (message) => {
    const silent = tracked({ health: { status: "Progressing", message } });
    expect(settle(silent, 60_999)).toMatchObject({
      health: { status: "Progressing" },
      dueMs: 61_000,
    });
    expect(settle(silent, 61_000).health.status).toBe("Healthy");
  });

  test("other work is waited for as long as it takes", () => {
    const rolling = tracked({ health: { status: "Progressing", message: "1 of 2" } });
    expect(settle(rolling, 1e12)).toEqual({ health: rolling.health });
  });

  test("it never makes anything worse, and asking again at its due time changes the answer", () => {
    const any = fc.record({
      status: fc.constantFrom(...healthStatuses),
      message: fc.constantFrom("", noStatus, noAddress, "x"),
      now: fc.integer({ min: 0, max: 1e6 }),
    });
    fc.assert(
      fc.property(any, ({ status, message, now }) => {
        const at = tracked({ health: { status, message } });
        const { health, dueMs } = settle(at, now);
        const rank = (word: (typeof healthStatuses)[number]) => healthStatuses.indexOf(word);
        expect(rank(health.status)).toBeLessThanOrEqual(rank(status));
        if (dueMs !== undefined) expect(settle(at, dueMs).health).not.toEqual(health);
      }),
    );
  });
});

describe("track", () => {
  test("since moves only with the status, not with the message", () => {
    const before = tracked({ sinceMs: 5 });
    const later = { health: { status: "Degraded", message: "still" }, sinceMs: 9 } as const;
    expect(track(before, tracked(later)).sinceMs).toBe(5);
    expect(track(before, tracked(later)).health.message).toBe("still");
    const well = tracked({ health: { status: "Healthy", message: "" }, sinceMs: 9 });
    expect(track(before, well).sinceMs).toBe(9);
    expect(track(undefined, well)).toBe(well);
  });
});
