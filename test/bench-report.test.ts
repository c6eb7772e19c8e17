import { describe, expect, it } from "vitest";
import { type Measured, reportOf, reportText } from "./bench/report.ts";

const round = (ratioToLimit: number, rssMiB: number) => ({ ratioToLimit, rssMiB });
const measured: Measured = {
  bench: "B0",
  settings: { objects: 5 },
  rounds: [round(1.3, 200), round(1, 300), round(1.1, 100), round(1.2, 150)],
  requests: { apply: 5 },
};
const goals = [
  { what: "speed", goal: 1.2, unit: " × limit", figure: "ratioToLimit" },
  { what: "memory", goal: 256, unit: " MiB", figure: "rssMiB", worst: true },
];

describe("the report of a bench", () => {
  it("judges the median of the rounds, and of memory the worst", () => {
    const report = reportOf(measured, goals);
    expect(report).toMatchObject({ bench: "B0", ratioToLimit: 1.15, rssMiB: 300 });
    expect(report.spread).toEqual({ ratioToLimit: [1, 1.15, 1.3], rssMiB: [100, 175, 300] });
    expect(report.goals.map(({ measured: value, met }) => [value, met])).toEqual([
      [1.15, true],
      [300, false],
    ]);
    expect(report.rounds).toHaveLength(4);
    expect(report.requests).toEqual({ apply: 5 });
  });

  it("says of each goal whether it is met, beside what was measured", () => {
    const text = reportText(reportOf(measured, goals));
    expect(text).toMatch(/^speed +≤ 1\.2 × limit +1\.15 × limit +met$/m);
    expect(text).toMatch(/^memory +≤ 256 MiB +300 MiB +missed$/m);
    expect(text).toContain("apply 5");
  });
});
