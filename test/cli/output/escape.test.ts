import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseYaml } from "../../../agent/render/yaml.ts";
import { toJson } from "../../../cli/output/document.ts";
import { escapeLine, escapeText, isUnsafe } from "../../../cli/output/escape.ts";
import { toYaml } from "../../../cli/output/yaml.ts";

const anyText = fc.string({ unit: "binary", maxLength: 30 });
const hostile = fc.oneof(
  anyText,
  fc.constantFrom(
    "\u001b[31mred",
    "a\u202eb",
    "x\u2066y",
    "\u200b",
    "=",
    "0644",
    "yes",
    "1:30",
    "~",
  ),
);

describe("text from Git or a cluster", () => {
  it.each([
    ["\u001b[2J", "\\x1b[2J"],
    ["a\u202eb", "a\\u{202e}b"],
    ["two\nlines\t.", "two\\nlines\\t."],
    ["\u{e0001}", "\\u{e0001}"],
    ["plain – text ✔ 日本", "plain – text ✔ 日本"],
  ])("shows %j as %s", (text, shown) => {
    expect(escapeLine(text)).toBe(shown);
  });

  it("never lets an invisible character through", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(isUnsafe(escapeLine(text))).toBe(false);
        expect(isUnsafe(escapeText(text).replaceAll("\n", ""))).toBe(false);
      }),
    );
  });
});

describe("documents", () => {
  it("keep every value, with nothing invisible in the text", () => {
    fc.assert(
      fc.property(fc.dictionary(hostile, hostile), (value) => {
        const json = toJson(value);
        expect(JSON.parse(json)).toEqual(value);
        expect(isUnsafe(json.replaceAll("\n", ""))).toBe(false);
      }),
    );
  });

  it("write big integers digit by digit, and indent", () => {
    expect(toJson({ a: 12345678901234567890n, b: [], c: ["x{,"] })).toBe(
      '{\n  "a": 12345678901234567890,\n  "b": [],\n  "c": [\n    "x{,"\n  ]\n}\n',
    );
  });
});

describe("YAML", () => {
  it("is read back by kubectl's dialect as the same text", () => {
    const text = hostile.filter((one) => one.isWellFormed() && !one.includes("\0"));
    fc.assert(
      fc.property(text, (value) => {
        const yaml = toYaml({ value });
        const parsed = parseYaml(yaml, { file: "x.yaml" });
        expect(parsed.ok && parsed.value.map((one) => one.value)).toEqual([{ value }]);
      }),
    );
  });
});
