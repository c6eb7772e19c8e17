import { describe, expect, it } from "vitest";
import { readTracked, trackedFiles } from "./tree.ts";

const files = trackedFiles();
const texts = files.filter(
  (path) =>
    /\.(ts|js|json|ya?ml|md|sh)$|^\.ci\/run$/.test(path) &&
    !/^package-lock\.json$|^test\/fixtures\//.test(path),
);

/** `file:line` of every line that matches. */
function linesMatching(pattern: RegExp, paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) =>
    readTracked(path)
      .split("\n")
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
      ),
  );
}

/** Spelt in two halves, so that this file does not find itself. */
const word = (...parts: readonly string[]) => parts.join("");

describe("the tree", () => {
  it("is read", () => {
    expect(texts.length).toBeGreaterThan(50);
  });

  it("leaves nothing open", () => {
    const open = new RegExp(`\\b(${word("TO", "DO")}|${word("FIX", "ME")}|${word("XX", "X")})\\b`);
    expect(linesMatching(open, texts)).toEqual([]);
  });

  it("names no path of a developer's machine and no package registry", () => {
    const machine = word("/wo", "rk/|/ho", "me/[a-z]|/ro", "ot/|/Use", "rs/");
    const registries = word("registry\\.np", "mjs|proxy\\.go", "lang|deb\\.deb", "ian");
    expect(linesMatching(new RegExp(`(${machine}|${registries})`), texts)).toEqual([]);
  });

  it("skips a test only on a condition that the test names, and focuses on none", () => {
    const tests = texts.filter((path) => path.endsWith(".test.ts"));
    const focused = /\b(it|test|describe)(\.each\([^)]*\))?\.(only|skip|todo|fails)\(/;
    expect(linesMatching(focused, tests)).toEqual([]);
  });

  it("has no room without a name", () => {
    const nameless = /(^|\/)(utils?|helpers?|common|misc|managers?|services?)(\/|\.ts$)/;
    expect(files.filter((path) => nameless.test(path))).toEqual([]);
  });

  it("is typed", () => {
    const sources = texts.filter((path) => /^(agent|cli)\/.*\.ts$/.test(path));
    const untyped = /: any\b|\bas any\b|<any>|@ts-(ignore|nocheck|expect-error)/;
    expect(linesMatching(untyped, sources)).toEqual([]);
  });

  it("exports nothing by default and no barrels", () => {
    const sources = texts.filter((path) => /^(agent|cli)\/.*\.ts$/.test(path));
    expect(linesMatching(/^export (default\b|\* from)/, sources)).toEqual([]);
    expect(sources.filter((path) => path.endsWith("/index.ts"))).toEqual([]);
  });
});
