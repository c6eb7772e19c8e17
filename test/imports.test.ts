import { describe, expect, it } from "vitest";
import { type ImportStatement, importsOf, readTracked, trackedFiles } from "./tree.ts";

/** Folders that take data in and return data out. */
const pure = ["model", "config", "fleet", "render", "plan", "health", "status"] as const;

/** What runs in a pure folder may come from these, besides itself (agent/README.md, import table). Types may cross pure folders. */
const mayRun: Readonly<Record<(typeof pure)[number], readonly string[]>> = {
  model: [],
  config: ["model", "render/yaml.ts"],
  fleet: ["model", "config", "render"],
  render: ["model", "config"],
  plan: ["model", "config"],
  health: ["model", "config"],
  status: ["model", "config"],
};

/** What runs an agent, from the outside in: each may use what stands after it, never what stands before. */
const layers = ["term", "flight", "requests", "follow", "rendering"];

const purePackages = ["js-yaml", "ajv", "json-schema-to-ts", "@marcbachmann/cel-js"];

/** Entries of a process or a thread: these and `ports.ts` put adapters together. */
const composers =
  /^(agent|cli)\/(main|ports)\.ts$|^agent\/[a-z]+\/worker\.ts$|^agent\/schedule\/system\.ts$/;

const files = trackedFiles().filter((path) => /^(agent|cli)\/.*\.ts$/.test(path));
const imports = files.flatMap((file) => importsOf(file, readTracked(file)));

function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function show({ file, target }: ImportStatement): string {
  return `${file} imports ${target}`;
}

function isIn(target: string, places: readonly string[]): boolean {
  return places.some(
    (place) => target === `agent/${place}` || target.startsWith(`agent/${place}/`),
  );
}

describe("the import table", () => {
  it("is checked on real imports", () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it("keeps the agent free of the command line", () => {
    const wrong = imports.filter(
      ({ file, target }) => file.startsWith("agent/") && target.startsWith("cli/"),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it("lets nothing of the product depend on its tests", () => {
    expect(imports.filter(({ target }) => target.startsWith("test/")).map(show)).toEqual([]);
  });

  it.each(pure)("keeps agent/%s pure", (folder) => {
    const from = imports.filter(({ file }) => file.startsWith(`agent/${folder}/`));
    expect(from.length).toBeGreaterThan(0);
    const wrong = from.filter(({ target, isOurs, isType }) => {
      if (!isOurs) {
        return !purePackages.some((name) => target === name || target.startsWith(`${name}/`));
      }
      if (isIn(target, [folder, ...mayRun[folder]])) return false;
      return !(isType && folder !== "model" && isIn(target, pure));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it("lets apply see the cluster through the port alone", () => {
    const from = imports.filter(({ file }) => file.startsWith("agent/apply/"));
    const allowed = [
      "apply",
      "model",
      "plan",
      "health",
      "cluster/client.ts",
      "cluster/errors.ts",
      "schedule/clock.ts",
    ];
    const wrong = from.filter(({ target, isOurs }) => !isOurs || !isIn(target, allowed));
    expect(wrong.map(show)).toEqual([]);
  });

  it("lets the layers that run an agent use inner ones only", () => {
    const from = imports.filter(({ file }) => layers.includes(folderOf(file)));
    expect(new Set(from.map(({ file }) => folderOf(file)))).toEqual(new Set(layers));
    const wrong = from.filter(({ file, target }) => {
      const inner = layers.indexOf(folderOf(target));
      return inner >= 0 && inner < layers.indexOf(folderOf(file));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it("lets only ports.ts and main.ts put adapters together", () => {
    const adapters = new Set(
      imports
        .filter(({ file, isOurs, isType }) => file === "agent/ports.ts" && isOurs && !isType)
        .map(({ target }) => target)
        .filter((target) => /^agent\/(children|cluster|source|telemetry|server)\//.test(target)),
    );
    const wrong = imports.filter(
      ({ file, target, isType }) =>
        adapters.has(target) &&
        !isType &&
        !composers.test(file) &&
        folderOf(file) !== folderOf(target),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it("takes time and chance from the ports", () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bMath\.random\(|\brandomUUID\(|\bset(Timeout|Interval|Immediate)\(/;
    const wrong = files
      .filter((file) => !composers.test(file))
      .flatMap((file) =>
        readTracked(file)
          .split("\n")
          .map((line, index) => ({ place: `${file}:${index + 1}`, line }))
          .filter(({ line }) => impure.test(line)),
      );
    expect(wrong.map(({ place }) => place)).toEqual([]);
  });
});

describe("reading imports", () => {
  it("tells types from values, and files from packages", () => {
    const text = `
      import type { A } from "../model/a.ts";
      import { type B, c } from "./b.ts";
      import { type D,
        type E } from "./d.ts";
      import "node:fs";
      const lazy = await import("pino");
    `;
    const read = importsOf("agent/plan/x.ts", text);
    expect(read.map(({ target, isType }) => [target, isType])).toEqual([
      ["agent/model/a.ts", true],
      ["agent/plan/b.ts", false],
      ["agent/plan/d.ts", true],
      ["node:fs", false],
      ["pino", false],
    ]);
  });
});
