import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTimeline } from "../../agent/cluster/timeline.ts";
import type { AgentEvent } from "../../agent/model/event.ts";
import { describeWentBack, type WentBack } from "../../agent/model/went-back.ts";

const versions = fc.array(fc.bigInt({ min: 0n, max: 2n ** 80n }), { minLength: 1 });

function sorted(numbers: readonly bigint[]): readonly bigint[] {
  return [...numbers].sort((a, b) => (a < b ? -1 : 1));
}

describe("C-18: a timeline", () => {
  it("is whole while the versions of each thing only go up, however far apart things are", () => {
    fc.assert(
      fc.property(versions, versions, (some, others) => {
        const timeline = createTimeline();
        for (const version of sorted(some)) timeline.saw("Lease holdfast", `${version}`);
        for (const version of sorted(others)) timeline.saw("ConfigMap x", `${version}`);
        expect(timeline.wentBack()).toBeUndefined();
      }),
    );
  });

  it("went back at the first lower version, compared as a number, and tells it once", () => {
    fc.assert(
      fc.property(versions, versions, (some, later) => {
        const told: (WentBack | AgentEvent)[] = [];
        const timeline = createTimeline((event) => told.push(event));
        timeline.onBack((how) => told.push(how));
        const highest = sorted(some).at(-1) ?? 0n;
        timeline.saw("Lease holdfast", `${highest + 1n}`);
        for (const version of [highest, ...later]) timeline.saw("Lease holdfast", `${version}`);
        const how = { what: "Lease holdfast", from: `${highest + 1n}`, to: `${highest}` };
        expect(timeline.wentBack()).toEqual(how);
        expect(told).toEqual([{ type: "cluster-restored", ...how }, how]);
      }),
    );
  });

  it("compares nothing that is no number, and tells nobody who has stopped to listen", () => {
    const timeline = createTimeline();
    const told: WentBack[] = [];
    const forget = timeline.onBack((how) => told.push(how));
    for (const version of ["9", "x", "", "9"]) timeline.saw("the list of ConfigMap", version);
    expect(timeline.wentBack()).toBeUndefined();
    forget();
    timeline.saw("the list of ConfigMap", "8");
    expect(told).toEqual([]);
    expect(describeWentBack(timeline.wentBack() ?? { what: "", from: "", to: "" })).toContain(
      "the list of ConfigMap is at version 8 and was at 9",
    );
  });
});
