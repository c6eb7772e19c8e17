import { describe, expect, it } from "vitest";
import { withAccept } from "../../../cli/output/edit-app.ts";
import { editDistance, nearest } from "../../../cli/output/nearest.ts";
import { filePatch } from "../../../cli/output/patch.ts";
import { chooseStyle } from "../../../cli/output/style.ts";
import { age, ageOf, parseDuration, shortId } from "../../../cli/output/text.ts";

describe("times", () => {
  it.each([
    [-5, "0s"],
    [999, "0s"],
    [4000, "4s"],
    [361_000, "6m"],
    [10_800_000, "3h"],
    [200_000_000, "2d"],
  ])("%i ms read %s", (ms, text) => {
    expect(age(ms)).toBe(text);
  });

  it("that are absent or unreadable read –", () => {
    expect([ageOf(undefined, 0), ageOf("soon", 0), shortId(undefined)]).toEqual(["–", "–", "–"]);
  });

  it.each([
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["1.5s", 1500],
    ["", undefined],
    ["10", undefined],
    ["1x", undefined],
    ["-1s", undefined],
  ])("%j is %s ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
});

describe("nearest", () => {
  it.each([
    ["statsu", "status"],
    ["rendr", "render"],
    ["validat", "validate"],
    ["xyzzy", undefined],
  ])("to %s is %s", (word, found) => {
    expect(nearest(word, ["status", "render", "validate", "diff"])).toBe(found);
  });

  it("counts a swap of neighbours as one", () => {
    expect([
      editDistance("ab", "ba"),
      editDistance("", "abc"),
      editDistance("kitten", "sitting"),
    ]).toEqual([1, 3, 3]);
  });
});

describe("colours", () => {
  const facts = {
    colour: "auto",
    isTty: true,
    columns: 80,
    noColor: undefined,
    forceColor: undefined,
    term: "xterm",
    ascii: false,
    headers: true,
    wide: false,
  } as const;
  const isColoured = (more: Partial<Parameters<typeof chooseStyle>[0]>) =>
    chooseStyle({ ...facts, ...more }).colours.red("x") !== "x";

  it.each([
    [{}, true],
    [{ isTty: false }, false],
    [{ noColor: "1" }, false],
    [{ noColor: "" }, true],
    [{ term: "dumb" }, false],
    [{ isTty: false, forceColor: "1" }, true],
    [{ noColor: "1", colour: "always" }, true],
    [{ forceColor: "1", colour: "never" }, false],
  ] as const)("with %j: %s", (more, expected) => {
    expect(isColoured(more)).toBe(expected);
  });

  it("and width belong to a terminal", () => {
    expect(chooseStyle(facts).width).toBe(80);
    expect(chooseStyle({ ...facts, isTty: false }).width).toBeUndefined();
    expect(chooseStyle({ ...facts, wide: true }).width).toBeUndefined();
  });
});

describe("editing app.yaml", () => {
  const before = "# the shop\nspec:\n  namespace: shop # here\n  prune: { max: 20% }\nkind: App\n";

  it("sets prune.accept and keeps comments and order", () => {
    const after = withAccept(before, { plan: "8c1f2a000000", max: 12 });
    expect(after).toContain("# the shop\nspec:\n  namespace: shop # here\n");
    expect(after).toContain("max: 20%");
    expect(after).toMatch(/accept: \{ plan: "?8c1f2a000000"?, max: 12 \}/);
    expect(after.indexOf("kind: App")).toBeGreaterThan(after.indexOf("accept"));
  });

  it("becomes a patch of the lines that changed", () => {
    expect(filePatch("a.yaml", "1\n2\n3\n4\n5\n", "1\n2\nx\n4\n5\n")).toBe(
      "diff --git a/a.yaml b/a.yaml\n--- a/a.yaml\n+++ b/a.yaml\n@@ -1,5 +1,5 @@\n 1\n 2\n-3\n+x\n 4\n 5\n",
    );
    expect(filePatch("a.yaml", "1\n", "1\n")).toBe("");
  });
});
