import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseYaml } from "../../../agent/render/yaml.ts";
import { withValue } from "../../../cli/output/edit-manifest.ts";

const file = `# head
kind: ConfigMap
metadata: { name: a }
data:
  # about x
  x: 'one' # tail
  w: "two"
  z: plain
  long: |
    line one
    line two
---
kind: List
items:
- kind: Secret
  metadata: { name: s }
- kind: ConfigMap # in a list
  metadata: { name: b, labels: { a: b, c: d } }
  data: { k: v }
`;
const first = { line: 2, kind: "ConfigMap" };
const nested = { line: 17, kind: "ConfigMap" };

function edited(edit: Parameters<typeof withValue>[1], text = file): string {
  const done = withValue(text, edit);
  if (!done.ok) throw new Error(done.why);
  return done.text;
}

/** As the agent reads it. */
function read(text: string) {
  const parsed = parseYaml(new TextEncoder().encode(text), { file: "f" });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value.map(({ value }) => JSON.parse(JSON.stringify(value)));
}

describe("a value in a manifest", () => {
  it.each([
    ["x", "1", "x: 'one'", "x: '1'"],
    ["w", "a\nb", 'w: "two"', 'w: "a\\nb"'],
    ["z", "web:1.8.1", "z: plain", "z: web:1.8.1"],
    ["z", "on", "z: plain", 'z: "on"'],
    ["z", "1.8", "z: plain", 'z: "1.8"'],
    ["z", "a: b", "z: plain", 'z: "a: b"'],
    ["z", 5, "z: plain", "z: 5"],
    ["z", true, "z: plain", "z: true"],
  ])(
    "%s = %j touches that word alone",
    (key, value, ...[from = "", to = ""]: readonly string[]) => {
      const text = edited({ ...first, path: ["data", key], value });
      expect(text).toBe(file.replace(from, to));
    },
  );

  it("is found in a list by the line of its object, also inside braces", () => {
    const path = ["metadata", "labels", "c"];
    expect(edited({ ...nested, path, value: "e, f" })).toBe(file.replace("c: d", 'c: "e, f"'));
  });

  it("that is new, long or taken out keeps every comment and every list as it stood", () => {
    const changes = [
      { path: ["data", "new"], value: "n" },
      { path: ["data", "on"], value: { y: ["no", "1.0", "~"] } },
      { path: ["data", "long"], value: "line three\n" },
      { path: ["data", "w"], value: undefined },
    ];
    for (const { path, value } of changes) {
      const text = edited({ ...first, path, value });
      for (const comment of ["# head", "# about x", "# tail", "# in a list"]) {
        expect(text).toContain(comment);
      }
      expect(text).toContain("\n- kind: Secret\n");
      expect(read(text)[0].data[path[1] ?? ""]).toEqual(value);
    }
  });

  it.each([
    [["data", "new"], "n", "    line two\n", '    line two\n  new: "n"\n'],
    [["data", "w"], undefined, '  w: "two"\n', ""],
    [["data", "long"], "a\n\n  b\n", "    line one\n    line two\n", "    a\n\n      b\n"],
    [["metadata", "labels"], { a: "b" }, "{ name: a }", "{ name: a, labels: { a: b } }"],
    [["metadata", "name"], undefined, "{ name: a }", "{}"],
    [["list"], ["z", 0], "  - a # of a\n  - c: 1\n    d: 0755\n", "  - z\n  - 0\n"],
    [["list", "1", "e"], { f: [] }, "    d: 0755\n", "    d: 0755\n    e:\n      f: []\n"],
    [["list", "0"], undefined, "  - a # of a\n", ""],
    [["list", "1", "c"], undefined, "c: 1\n    d", "d"],
  ])(
    "%j = %j touches its own lines alone",
    (path, value, ...[from = "", to = ""]: readonly string[]) => {
      const own = `${file.slice(0, file.indexOf("---"))}list:\n  - a # of a\n  - c: 1\n    d: 0755\nend: 0755 # octal\n`;
      expect(edited({ ...first, path, value }, own)).toBe(own.replace(from, to));
    },
  );

  it("is not written through an expression, an alias, or where no such object starts", () => {
    const own = "kind: A\nmetadata: {}\nx: ${{ values.x }}\ny: &y { k: v }\nz: *y\n";
    const at = { line: 1, kind: "A" };
    const why = (path: readonly string[], more = {}) =>
      withValue(own, { ...at, ...more, path, value: "1" });
    expect(why(["x"])).toMatchObject({ ok: false, why: expect.stringContaining("expression") });
    expect(why(["z", "k"])).toMatchObject({ ok: false, why: expect.stringContaining("alias") });
    expect(why(["x"], { line: 2 })).toMatchObject({ ok: false });
    expect(why(["x"], { kind: "B" })).toMatchObject({ ok: false });
  });

  it("reads back as what was meant, and everything else as it was, whatever the text", () => {
    const value = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.array(fc.string({ unit: "grapheme" }), { minLength: 2 }).map((all) => all.join("\n")),
      fc.array(fc.lorem({ maxCount: 3 }), { minLength: 2 }).map((all) => `${all.join("\n  ")}\n`),
      fc.integer(),
      fc.boolean(),
      fc.constant("no"),
    );
    fc.assert(
      fc.property(value, fc.constantFrom("x", "w", "z", "long", "new"), (wanted, key) => {
        const text = edited({ ...first, path: ["data", key], value: wanted });
        const [before, ...rest] = read(file);
        expect(read(text)).toEqual([
          { ...before, data: { ...before.data, [key]: wanted } },
          ...rest,
        ]);
      }),
    );
  });
});
