import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearest } from "../../agent/config/nearest.ts";
import {
  bytes,
  durationMs,
  isLabelKey,
  isLabelValue,
  share,
  timeMs,
} from "../../agent/config/text.ts";

describe("small texts", () => {
  it.each([
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["500ms", 500],
    ["0s", 0],
    ["1.5s", 1500],
    ["2d", 172_800_000],
  ])("%s is a duration", (text, ms) => expect(durationMs(text)).toBe(ms));

  it.each([
    "",
    "5",
    "m",
    "-5m",
    "1e999h",
    "5 m",
    "5min",
    "99999999h",
    `${"9".repeat(300)}h`,
    "5m x",
  ])("%j is none (NEG-17)", (text) => expect(durationMs(text)).toBeUndefined());

  it("any whole number of seconds is itself", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (s) => {
        expect(durationMs(`${s}s`)).toBe(s * 1000);
      }),
    );
  });

  it("shares, sizes and times", () => {
    expect([share("20%"), share("0%"), share("100%"), share("2.5%")]).toEqual([0.2, 0, 1, 0.025]);
    expect([share("101%"), share("20"), share("-1%"), share("")]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect([bytes("2Gi"), bytes("512Mi"), bytes("2GB")]).toEqual([2 ** 31, 2 ** 29, undefined]);
    expect(timeMs("2027-01-02T06:00:00Z")).toBe(Date.UTC(2027, 0, 2, 6));
    expect(timeMs("2027-01-02T06:00:00+02:00")).toBe(Date.UTC(2027, 0, 2, 4));
    for (const text of ["2027-01-02", "2027-02-30T00:00:00Z", "2027-01-02T25:00:00Z", "now"]) {
      expect(timeMs(text)).toBeUndefined();
    }
  });

  it("labels", () => {
    expect(["env", "example.com/env", "a.b_c-d"].every(isLabelKey)).toBe(true);
    expect(["", "/x", "-a", "a b", "A.com/env", "a/b/c", "x".repeat(64)].some(isLabelKey)).toBe(
      false,
    );
    expect(["", "prod", "a.b", "1"].every(isLabelValue)).toBe(true);
    expect(["a b", "-a", "x".repeat(64)].some(isLabelValue)).toBe(false);
  });

  it("the nearest word, or none", () => {
    expect(nearest("namespce", ["namespace", "clusters"])).toBe("namespace");
    expect(nearest("prnue", ["prune", "path"])).toBe("prune");
    expect(nearest("replicas", ["prune", "path"])).toBeUndefined();
  });
});
