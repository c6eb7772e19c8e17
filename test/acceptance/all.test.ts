import { describe, expect, it } from "vitest";
import { cases, open } from "./cases.ts";
import { caseTests, testsIn } from "./find.ts";
import { judge } from "./judge.ts";

describe("the acceptance cases", () => {
  it("are 115, each once", () => {
    expect(cases).toHaveLength(115);
    expect(new Set(cases).size).toBe(cases.length);
    for (const number of open.keys()) expect(cases[number - 1]).toBeDefined();
  });

  it("have a test each, by number", () => {
    const tested = new Set(caseTests().map(({ number }) => number));
    const missing = cases.map((_text, index) => index + 1).filter((number) => !tested.has(number));
    expect(missing).toEqual([]);
    for (const number of tested) expect(cases[number - 1]).toBeDefined();
  });

  it("are found where a test is named after them, and nowhere else", () => {
    const text = [
      'it("7 Hooks are none (O-10)", async () => {});',
      "each(\n    '41 A \"port\"',\n    run);",
      'it("no number", () => {});',
      'describe("8 a group", () => {});',
    ].join("\n");
    expect(testsIn("f", text).map(({ name }) => name)).toEqual([
      "7 Hooks are none (O-10)",
      '41 A "port"',
    ]);
  });

  it("pass only when all tests of one have, on both servers, and nothing of it is open", () => {
    const test = (number: number, file = "a") => ({ number, name: `${number} x`, file });
    const ran = (number: number, status: string, file = "a") => ({
      name: `${number} x`,
      file,
      status,
    });
    const judged = judge({
      cases: ["one", "two", "three", "four", "five", "six"],
      open: new Map([[4, "later"]]),
      tests: [test(1), test(1, "b"), test(2), test(2, "b"), test(3), test(4), test(6)],
      ran: [
        ran(1, "passed"),
        ran(1, "passed", "b"),
        ran(2, "passed"),
        ran(2, "failed", "b"),
        ran(3, "skipped"),
        ran(4, "passed"),
      ],
    });
    expect(judged.map(({ verdict }) => verdict)).toEqual([
      "passed",
      "failed",
      "sandbox only",
      "open",
      "no test",
      "not run",
    ]);
  });
});
