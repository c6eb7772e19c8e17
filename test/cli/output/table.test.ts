import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainStyle } from "../../../cli/output/style.ts";
import { table } from "../../../cli/output/table.ts";
import { cut, displayWidth, wrap } from "../../../cli/output/width.ts";

const columns = [
  { title: "CLUSTER" },
  { title: "N", align: "right" },
  { title: "WHY", wraps: true },
] as const;

describe("tables", () => {
  it("have titles, no borders, and no blanks at line ends", () => {
    expect(
      table(
        columns,
        [
          ["dev", "7", "ok"],
          ["prod-eu-1", "12", ""],
        ],
        plainStyle,
      ),
    ).toBe("CLUSTER     N  WHY\ndev         7  ok\nprod-eu-1  12\n");
  });

  it("leave titles out when asked", () => {
    expect(table(columns, [["dev", "7", "ok"]], { ...plainStyle, headers: false })).toBe(
      "dev  7  ok\n",
    );
  });

  it("cut names before they wrap messages, and keep every word of a message", () => {
    const row = [
      "a-cluster-with-a-very-long-name",
      "3",
      "the quick brown fox jumps over the lazy dog",
    ];
    const drawn = table(columns, [row], { ...plainStyle, width: 40 });
    const lines = drawn.trimEnd().split("\n");
    expect(lines[1]).toContain("a-cluster-w…");
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(40);
    expect(lines.slice(1).join(" ").replace(/\s+/g, " ")).toContain("fox jumps");
  });

  it("cut nothing without a width", () => {
    const long = "x".repeat(500);
    expect(table(columns, [[long, "1", long]], plainStyle)).toContain(`${long}  1  ${long}`);
  });

  it("show wide columns only with -o wide", () => {
    const all = [{ title: "A" }, { title: "B", wide: true }] as const;
    expect(table(all, [["1", "2"]], plainStyle)).toBe("A\n1\n");
    expect(table(all, [["1", "2"]], { ...plainStyle, wide: true })).toBe("A  B\n1  2\n");
  });
});

describe("width", () => {
  it.each([
    ["abc", 3],
    ["日本", 4],
    ["é", 1],
    ["e\u0301", 1],
    ["✔ ok", 4],
    ["\u001b[31mred\u001b[39m", 3],
  ])("of %j is %i columns", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it("is never exceeded by cut and wrap, and wrap loses nothing", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 30 }), (value, width) => {
        expect(displayWidth(cut(value, width))).toBeLessThanOrEqual(width);
        const lines = wrap(value, width);
        expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
        expect(lines.join("").replaceAll(" ", "")).toBe(value.replaceAll(" ", ""));
      }),
    );
  });
});
