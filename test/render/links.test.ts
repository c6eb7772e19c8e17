import fc from "fast-check";
import { expect, test } from "vitest";
import type { FileMode, TreeEntry } from "../../agent/model/artifact.ts";
import { linkPaths, resolveLinks } from "../../agent/render/links.ts";

const entry = (mode: FileMode): TreeEntry => ({ mode, id: "0".repeat(40) });

/** `->x`: a link to x; `@`: a submodule; else a file. */
function resolve(files: Readonly<Record<string, string>>, roots: readonly string[]) {
  const mode = (text: string) => {
    if (text.startsWith("->")) return "120000";
    return text === "@" ? "160000" : "100644";
  };
  const tree = new Map(Object.entries(files).map(([path, text]) => [path, entry(mode(text))]));
  const contents = new Map(
    linkPaths(tree, roots).map((path) => [path, Buffer.from(files[path]!.slice(2))]),
  );
  const found = resolveLinks(tree, contents, roots);
  return Object.fromEntries(
    [...found].map(([path, link]) => [
      path,
      link.ok ? link.value : `! ${link.problems[0]?.message}`,
    ]),
  );
}

test("links inside the unit become the files and folders they stand for", () => {
  const files = {
    "apps/shop/base/a.yaml": "a",
    "apps/shop/a.yaml": "->base/a.yaml",
    "apps/shop/again.yaml": "->./a.yaml",
    "apps/shop/overlay": "->base",
    "apps/shop/deep.yaml": "->overlay/a.yaml",
    "apps/shop/lib.yaml": "->../../lib/x.yaml",
    "apps/shop/round.yaml": "->../shop/base/a.yaml",
    "lib/x.yaml": "x",
  };
  expect(resolve(files, ["apps/shop", "lib"])).toEqual({
    "apps/shop/a.yaml": "apps/shop/base/a.yaml",
    "apps/shop/again.yaml": "apps/shop/base/a.yaml",
    "apps/shop/overlay": "apps/shop/base",
    "apps/shop/deep.yaml": "apps/shop/base/a.yaml",
    "apps/shop/lib.yaml": "lib/x.yaml",
    "apps/shop/round.yaml": "apps/shop/base/a.yaml",
  });
});

test.each([
  ["/etc/passwd", "out of the repository"],
  ["../../../etc/passwd", "out of the repository"],
  ["../other/secret.yaml", "out of what this app may read"],
  ["../shop-evil/x.yaml", "out of what this app may read"],
  ["../other/link.yaml", "a link outside"],
  ["..", "out of what this app may read"],
  [".", "a folder that holds it"],
  ["values.yaml", "in a circle"],
  ["gone.yaml", "to nothing"],
  ["module", "a submodule"],
  ["file.yaml/x", "to nothing"],
  ["a\0b", "no readable target"],
  ["", "no readable target"],
])("a link to %j is refused and named (NEG-02)", (target, words) => {
  const found = resolve(
    {
      "apps/shop/values.yaml": `->${target}`,
      "apps/shop/file.yaml": "f",
      "apps/shop/module": "@",
      "apps/shop-evil/x.yaml": "x",
      "apps/other/secret.yaml": "s",
      "apps/other/link.yaml": "->../shop/file.yaml",
    },
    ["apps/shop"],
  );
  expect(Object.keys(found)).toEqual(["apps/shop/values.yaml"]);
  expect(found["apps/shop/values.yaml"]).toMatch(/^! The link apps\/shop\/values.yaml /);
  expect(found["apps/shop/values.yaml"]).toContain(words);
});

test("a link through a link that leads out is refused; as parent folder too", () => {
  const found = resolve({ "a/x": "->y", "a/y": "->../b", "a/z": "->y/f", "b/f": "f" }, ["a"]);
  expect(Object.values(found).every((text) => text.startsWith("! "))).toBe(true);
});

test("eight hops are followed, nine are not", () => {
  const chain = (hops: number) =>
    Object.fromEntries([
      ["a/f", "f"],
      ...Array.from({ length: hops }, (_, n) => [`a/l${n}`, n === 0 ? "->f" : `->l${n - 1}`]),
    ]);
  expect(resolve(chain(8), ["a"])["a/l7"]).toBe("a/f");
  expect(resolve(chain(9), ["a"])["a/l8"]).toContain("more than 8 links");
});

test("whatever links say, the result is below a root, or a problem (NEG-03, NEG-04)", () => {
  const part = fc.constantFrom("a", "b", "c", "..", ".", "l", "m", "");
  const target = fc.array(part, { maxLength: 6 }).map((parts) => `->${parts.join("/")}`);
  const paths = fc.constantFrom("a/l", "a/m", "a/b/l", "b/l", "l");
  fc.assert(
    fc.property(fc.dictionary(paths, target), (links) => {
      const found = resolve({ "a/b/c": "x", "a/c": "x", "b/a": "x", ...links }, ["a"]);
      for (const text of Object.values(found)) expect(text).toMatch(/^(! |a($|\/))/);
    }),
    { numRuns: 2000 },
  );
});
