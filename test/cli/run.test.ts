import { describe, expect, it } from "vitest";
import { candidates } from "../../cli/commands/complete.ts";
import { commands } from "../../cli/commands/list.ts";
import { fleetTexts } from "./fleet-texts.ts";
import { runWith } from "./host.ts";

describe("help", () => {
  it.each(commands.map(({ name }) => name))("of %s starts with examples", async (name) => {
    const { code, stdout, stderr } = await runWith({}, name, "--help");
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(lines[2]).toBe("Examples");
    expect(lines.slice(3, 5).join("\n")).toMatch(/^ {2}(# .*\n {2})?.*holdfast/);
    expect(stdout).toContain("Exit:  0");
  });

  it("is the answer to nothing at all, and lists every command", async () => {
    const { code, stdout } = await runWith({});
    expect(code).toBe(0);
    for (const { name } of commands) expect(stdout).toContain(`\n  ${name} `);
  });

  it("of a command is found by help COMMAND, too", async () => {
    const asked = await runWith({}, "help", "render");
    expect(asked.stdout).toBe((await runWith({}, "render", "-h")).stdout);
  });
});

describe("wrong arguments", () => {
  it.each([
    [["statsu"], "there is no command statsu", "did you mean: holdfast status"],
    [["status", "--clutser", "x"], "unknown option '--clutser'", "did you mean: --cluster"],
    [["status", "-o", "toml"], "--output toml is not known", "one of table, wide, json"],
    [["status", "--timeout", "soon"], "--timeout soon is not a time", "90s"],
    [["version", "--color", "sometimes"], "--color sometimes is not known", "auto, always, never"],
    [["completion"], "missing required argument 'shell'", ""],
    [["version", "x"], "too many arguments", ""],
    [["accept"], "name either an app or a --tip", "holdfast accept"],
    [["diff", "--rev", "main"], "--rev main names no two revisions", "A..B"],
    [["diff", "--rev", "a..b", "--live"], "exclude each other", ""],
    [["demo", "--port", "x"], "--port x is not a port", ""],
  ])("%j: exit 2, and what to write instead", async (args, what, next) => {
    const { code, stdout, stderr } = await runWith({ files: fleetTexts }, ...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`error: ${what}`.slice(0, 7));
    expect(stderr).toContain(what);
    expect(stderr).toContain(next);
  });

  it("are one JSON object on stderr with -o json", async () => {
    const { stderr } = await runWith({}, "statsu", "-o", "json");
    expect(JSON.parse(stderr)).toMatchObject({
      apiVersion: "cli.holdfast.dev/v1",
      kind: "ErrorReport",
      complete: false,
      problems: [{ what: "there is no command statsu", next: "did you mean: holdfast status" }],
    });
  });
});

describe("version", () => {
  it("is data on stdout, in every form", async () => {
    expect((await runWith({}, "version")).stdout).toMatch(/^holdfast 1\.2\.3 \(node /);
    expect((await runWith({}, "--version")).stdout).toBe("holdfast 1.2.3\n");
    expect(JSON.parse((await runWith({}, "version", "-o", "json")).stdout)).toMatchObject({
      kind: "Version",
      version: "1.2.3",
      generatedAt: "2026-11-21T00:00:00Z",
    });
    expect((await runWith({}, "version", "-o", "yaml")).stdout).toContain("\nkind: Version\n");
    expect((await runWith({}, "-o", "markdown", "version")).stdout).toMatch(/^```\nholdfast/);
  });
});

describe("completion", () => {
  const names = { apps: ["shop", "web"], clusters: ["dev", "prod"], environments: ["prod"] };

  it.each([
    [["sta"], ["status"]],
    [["status", "sh"], ["shop"]],
    [
      ["status", "--cluster", ""],
      ["dev", "prod"],
    ],
    [["status", "web", "-o", "j"], ["json"]],
    [
      ["render", "--ou"],
      ["--out", "--output"],
    ],
    [
      ["completion", ""],
      ["bash", "fish", "zsh"],
    ],
    [["version", ""], []],
    [
      ["drift", ""],
      ["adopt", "list", "show"],
    ],
    [["drift", "adopt", "s"], ["shop"]],
    [
      ["drift", "adopt", "shop", "--as", ""],
      ["ignore", "value"],
    ],
    [["suspend", "we"], ["web"]],
  ])("of %j offers %j", (words, offered) => {
    expect(candidates(words, names)).toEqual(offered);
  });

  it("knows apps and clusters from the repository", async () => {
    expect((await runWith({ files: fleetTexts }, "__complete", "status", "")).stdout).toBe(
      "shop\n",
    );
    const clusters = await runWith({ files: fleetTexts }, "__complete", "status", "--cluster", "p");
    expect(clusters.stdout).toBe("prod\n");
  });

  it("stays silent where nothing can be known", async () => {
    expect(await runWith({}, "__complete", "status", "")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  it.each(["bash", "zsh", "fish"])("script for %s asks for words", async (shell) => {
    expect((await runWith({}, "completion", shell)).stdout).toContain("holdfast __complete");
  });
});
