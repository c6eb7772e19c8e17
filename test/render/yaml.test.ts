import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson, writeJson } from "../../agent/model/json.ts";
import { parseYaml } from "../../agent/render/yaml.ts";

function values(text: string | Uint8Array): readonly unknown[] {
  const parsed = parseYaml(text, { file: "f.yaml" });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join("; "));
  return parsed.value.map(({ value }) => value);
}

function problems(text: string | Uint8Array) {
  const parsed = parseYaml(text, { file: "f.yaml" });
  return parsed.ok ? [] : parsed.problems;
}

function bytes(...codes: number[]): Uint8Array {
  return Uint8Array.from(codes);
}

describe("documents", () => {
  it("reads several, and what is empty is null", () => {
    expect(values("a: 1\n---\n# nothing\n---\nb: 2\n...\n")).toEqual([{ a: 1 }, { b: 2 }]);
    expect(values("")).toEqual([]);
    expect(values("# only a comment\n")).toEqual([]);
  });

  it("reads JSON, tabs and escapes included", () => {
    expect(values('{"a":{"b":[1,true,null]},\n\t"c":"\\u00e9\\/\\n"}')).toEqual([
      { a: { b: [1, true, null] }, c: "é/\n" },
    ]);
  });

  it("drops a byte order mark and reads CRLF", () => {
    expect(values(bytes(0xef, 0xbb, 0xbf, 0x61, 0x3a, 0x20, 0x31))).toEqual([{ a: 1 }]);
    expect(values("a: |\r\n  x\r\n  y\r\nb: 1\r\n")).toEqual([{ a: "x\ny\n", b: 1 }]);
  });

  it("separates by lines that begin with ---, as kubectl does (T-10)", () => {
    expect(values("a: 1\n--- # next\nb: |\n  --- no separator\n")).toEqual([
      { a: 1 },
      { b: "--- no separator\n" },
    ]);
    expect(problems("a: 1\n---\n\n--- b: 2\n")).toMatchObject([
      { line: 4, message: expect.stringContaining("beside ---") },
    ]);
    expect(problems("a: 1\n...\nb: 2\n")[0]?.message).toContain("...");
    expect(problems("...\na: 1\n")[0]?.message).toContain("...");
  });

  it("takes brackets and quoted text that end at the margin, as kubectl does (T-10)", () => {
    expect(values('a:\n  b: [\n    "x",\n  ]\n  c: {\nd: 1\n}\n')).toEqual([
      { a: { b: ["x"], c: { d: 1 } } },
    ]);
    expect(values("a: 'one\ntwo'\nb: \"three \\\nfour\"\n")).toEqual([
      { a: "one two", b: "three four" },
    ]);
    expect(values("a: [\t1,\t2 ]\n")).toEqual([{ a: [1, 2] }]);
  });

  it("says where things stand in what the person wrote, also where a line was moved", () => {
    const parsed = parseYaml("# x\n---\na: [\n{ b: 1 },\n]\nc: 2\n", { file: "f" });
    const document = parsed.ok ? parsed.value[0] : undefined;
    expect(document?.positionOf("/a/0/b")).toEqual({ line: 4, column: 3 });
    expect(document?.positionOf("/c")).toEqual({ line: 6, column: 1 });
  });

  it.each([
    ["a tab before a token", "a:\n  -\tb\n", "tab"],
    ["a line of tabs in a block", "a: 1\n\t\nb: 2\n", "tab"],
    ["text that begins with a tab", "a: |\n  \tb\n", "|2"],
    ["a map in the line of its key", "a: &x b: c\n", "line of its key"],
    ["an escape of JSON", 'a: "\\/"\n', "JSON"],
    ["an anchor with a colon", "a: &b: 1\n", "anchor"],
    ["text with ? in brackets", "a: [ b?c ]\n", "quotes"],
    ["text with ? first in brackets", "a: [ ?c ]\n", "quotes"],
    ["text with : first in brackets", "a: { b: :c }\n", "quotes"],
    ["a line break of YAML 1.1", "a: b\u2028c\n", "U+2028"],
  ])("refuses what kubectl refuses: %s (T-10)", (_what, text, message) => {
    expect(problems(text)[0]?.message).toContain(message);
  });

  it("knows where every key and item stands", () => {
    const parsed = parseYaml('# x\nspec:\n  list:\n  - name: "a"\n    "b/c": 1\n', { file: "f" });
    const document = parsed.ok ? parsed.value[0] : undefined;
    expect(document?.line).toBe(2);
    expect(document?.positionOf("")).toEqual({ line: 2, column: 1 });
    expect(document?.positionOf("/spec/list")).toEqual({ line: 3, column: 3 });
    expect(document?.positionOf("/spec/list/0")).toEqual({ line: 4, column: 5 });
    expect(document?.positionOf("/spec/list/0/b~1c")).toEqual({ line: 5, column: 5 });
    expect(document?.positionOf("/spec/none")).toBeUndefined();
  });
});

describe("keys", () => {
  it("takes __proto__ and constructor as keys like any other (R23)", () => {
    const [value] = values(
      "__proto__: { polluted: true }\nconstructor: 1\na: { __proto__: [1] }\n",
    );
    expect(JSON.stringify(value)).toBe(
      '{"__proto__":{"polluted":true},"constructor":1,"a":{"__proto__":[1]}}',
    );
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("refuses duplicates, naming both lines (R04)", () => {
    expect(problems("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n")).toEqual([
      expect.objectContaining({ line: 4, column: 3, message: expect.stringContaining("line 3") }),
      expect.objectContaining({ line: 5, column: 1, message: expect.stringContaining("line 1") }),
    ]);
  });

  it.each(["yes: 1\ntrue: 2", '1: a\n"1": b', "on: 1\ny: 2", "0x10: 1\n16: 2"])(
    "refuses keys that kubectl makes one: %j",
    (text) => expect(problems(text)).toHaveLength(1),
  );

  it.each(["? [a]\n: b", "~: 1", "1e21: 1", ".nan: 1", "18446744073709551615: 1"])(
    "refuses what cannot be a key: %j",
    (text) => expect(problems(text).length).toBeGreaterThan(0),
  );
});

describe("merge keys", () => {
  it("merges maps and lists of maps, the first of a list winning", () => {
    expect(
      values("x: &x { a: 1 }\ny: &y { a: 2, b: 3 }\nm: { <<: [*x, *y], c: 4 }")[0],
    ).toMatchObject({ m: { a: 1, b: 3, c: 4 } });
  });

  it("lets what comes later win, as kubectl does", () => {
    expect(values("x: &x { a: 1 }\nm: { <<: *x, a: 5 }")[0]).toMatchObject({ m: { a: 5 } });
    expect(values("x: &x { a: 1 }\nm: { a: 5, <<: *x }")[0]).toMatchObject({ m: { a: 1 } });
  });

  it("takes a quoted << as an ordinary key", () => {
    expect(values('"<<": { a: 1 }')).toEqual([{ "<<": { a: 1 } }]);
  });
});

describe("what is refused, with its place", () => {
  it.each([
    ["a NUL byte", bytes(0x61, 0x3a, 0x20, 0x00), "binary"],
    ["a picture", bytes(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0), "binary"],
    ["bytes that are not UTF-8", bytes(0x61, 0x3a, 0x20, 0xff, 0xfe), "UTF-8"],
    ["UTF-16", bytes(0xff, 0xfe, 0x61, 0x00), "binary"],
    ["a file of 50 MB", new Uint8Array(50_000_000).fill(0x61), "at most 5 MiB"],
    ["infinity", "a: .inf", "infinity"],
    ["NaN", "a: .NaN", "NaN"],
    ["a tag that runs code elsewhere", "a: !!js/function x", "tag"],
    ["sets", "a: !!set { b }", "tag"],
    ["ordered maps", "a: !!omap [b: 1]", "tag"],
    ["an own tag", "a: !foo x", "tag"],
    ["an integer beyond 64 bits", "a: 18446744073709551616", "64 bits"],
    ["an integer that JSON would round on the server", "a: 9223372036854775808", "64 bits"],
    ["half a surrogate pair", 'a: "\\ud83d"', "JSON files only"],
    ["an unknown alias", "a: *b", "b"],
    ["a value that contains itself", "a: &a [*a]", "contains itself"],
    ["a tag that does not fit", "a: !!int x", "no int"],
    ["broken YAML", "a: [1\nb", ""],
  ])("%s", (_what, input, message) => {
    const [first] = problems(input);
    expect(first).toMatchObject({ reason: "RenderFailed", file: "f.yaml" });
    expect(first?.message).toContain(message);
  });

  it("names every fault of a file at once", () => {
    expect(problems("a: .inf\nb: !!set {}\nc: 1\nc: 2\n").map(({ line }) => line)).toEqual([
      1, 2, 4,
    ]);
  });
});

describe("bombs (R02, R03, NEG-11)", () => {
  const levels = (n: number, width: number): string =>
    Array.from({ length: n }, (_, level) => {
      const inner = level === 0 ? "x" : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array.from({ length: width }, () => inner).join(", ")}]`;
    }).join("\n");
  const wide = Array.from({ length: 2000 }, (_, index) => `k${index}: 1`).join(", ");

  it.each([
    ["aliases of aliases", levels(10, 9), "values"],
    ["more than 100 aliases", `a: &a 1\nb: [${"*a, ".repeat(101)}]`, "aliases"],
    ["deep flow nesting", "[".repeat(100_000), ""],
    [
      "deep block nesting",
      Array.from({ length: 3000 }, (_, n) => `${" ".repeat(n)}a:`).join("\n"),
      "",
    ],
    ["depth through aliases", deepAliases(), "deeper"],
    [
      "merges",
      `x: &x {${wide}}\n${Array.from({ length: 9 }, (_, n) => `m${n}: {<<: [*x]}`).join("\n")}`,
      "merged",
    ],
    ["many values", `a: [${"1,".repeat(250_000)}]`, "values"],
  ])("T-11: %s end soon, twice", (_what, text, message) => {
    for (let round = 0; round < 2; round += 1) {
      expect(problems(text)[0]?.message).toContain(message);
    }
  });

  function deepAliases(): string {
    const nest = (inner: string): string => "[".repeat(60) + inner + "]".repeat(60);
    return `a: &a ${nest("1")}\nb: ${nest("*a")}`;
  }
});

describe("integers", () => {
  it("T-12, T-21, N-23: mean what they mean to kubectl: octal, and whole whatever their form", () => {
    expect(values("a: 0644\nb: 0o17\nc: 1.0\nd: 1e3\ne: -2.00\nf: 1_000")).toEqual([
      { a: 420, b: 15, c: 1, d: 1000, e: -2, f: 1000 },
    ]);
    expect(JSON.stringify(values("c: 1.0"))).toBe('[{"c":1}]');
  });

  it("keeps every integer of 64 bits exactly, as value", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const [parsed] = values(`a: ${value}`) as [{ a: number | bigint }];
        expect(BigInt(parsed.a)).toBe(value);
      }),
    );
  });

  it.each(["1e18", "-93924221e1_0", "1.5e17", "12345678901234567e3"])(
    "reads %s as the whole number that comes back from the server, or it would be drift for ever",
    (text) => {
      const [parsed] = values(`a: ${text}`);
      expect(parsed).toEqual(parseJson(writeJson(parsed)));
    },
  );

  it("reads back any JSON value that it is given", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify({ a: value });
        fc.pre(text.isWellFormed() && !/[0-9]{19}/.test(text));
        expect(values(text)).toEqual([parseJson(text)]);
      }),
    );
  });
});
