import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { caseName, judge, loadCases, loadExceptions } from "../conformance/health-cases.ts";

const shared = process.env.HOLDFAST_SHARED ?? "../shared";
const file = join(shared, "conformance", "health-cases.json.gz");
const isThere = existsSync(file);
if (!isThere) {
  console.log(
    `skipped: health conformance; ${file} is absent (npm run conformance:health -- FILE)`,
  );
}

describe.skipIf(!isThere)("published health cases", () => {
  const cases = isThere ? loadCases(readFileSync(file)) : [];
  const exceptions = loadExceptions();

  test("every case passes or is an exception with a reason, and at least 95 % pass", () => {
    const { mismatches, passed } = judge(cases);
    expect(mismatches.filter(({ name }) => !exceptions.has(name))).toEqual([]);
    expect(passed / cases.length).toBeGreaterThanOrEqual(0.95);
  });

  test("no exception is kept that passes, or that no case has", () => {
    const failing = new Set(judge(cases).mismatches.map(({ name }) => name));
    const names = new Set(cases.map(caseName));
    for (const [name, reason] of exceptions) {
      expect(names.has(name) && failing.has(name), name).toBe(true);
      expect(reason.length, name).toBeGreaterThan(20);
    }
  });
});
