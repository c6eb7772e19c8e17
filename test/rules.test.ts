import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { citedIn, later, observed, rules } from "./rules.ts";
import { readTracked, trackedFiles } from "./tree.ts";

const design = resolve(process.env["HOLDFAST_SHARED"] ?? "../shared", "design/semantics.md");
const files = trackedFiles().filter((path) => path.endsWith(".ts") && !/^test\/rules\./.test(path));
const kept = rules.filter((id) => !Object.hasOwn(later, id));

function uncited(ids: readonly string[], where: RegExp): readonly string[] {
  const cited = new Set(
    files.filter((path) => where.test(path)).flatMap((path) => [...citedIn(readTracked(path))]),
  );
  return ids.filter((id) => !cited.has(id));
}

describe("every rule of the semantics", () => {
  it("is cited in the code that keeps it", () => {
    expect(uncited(kept, /^(agent|cli)\//)).toEqual([]);
  });

  it("is cited in a test", () => {
    expect(uncited(kept, /^test\//)).toEqual([]);
  });

  it("that only a server can confirm is cited in the contract suite", () => {
    expect(uncited(observed, /^test\/contract\//)).toEqual([]);
  });

  it("that is not kept yet is named with its reason, and is a rule", () => {
    expect(Object.keys(later).filter((id) => !rules.includes(id))).toEqual([]);
    expect(Object.values(later).every((reason) => reason.length > 20)).toBe(true);
  });

  it("is found by its whole id alone", () => {
    expect([...citedIn("A-1 (C-11), N-3: not NEG-30, A-1x, O33 or XA-2; A-80…82")]).toEqual([
      "A-1",
      "C-11",
      "N-3",
      "A-80",
    ]);
  });
});

describe.skipIf(!existsSync(design))(
  "the rules listed here are those of HOLDFAST_SHARED/design/semantics.md, which is absent where this is skipped",
  () => {
    const text = () => readFileSync(design, "utf8");

    it("all of them", () => {
      const bold = [...text().matchAll(/\*\*([A-Z]-\d+)\*\*/g)].map(([, id = ""]) => id);
      expect([...new Set(bold)].sort()).toEqual([...rules].sort());
    });

    it("and those that it marks for the contract suite", () => {
      const ids = /\*\*([A-Z]-\d+)\*\*/g;
      const [, ...marks] = [...text().matchAll(/◇/g)]; // the first explains itself
      const before = marks.map(
        ({ index }) => [...text().slice(0, index).matchAll(ids)].at(-1)?.[1],
      );
      expect([...new Set(before)].sort()).toEqual([...observed].sort());
    });
  },
);
