import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { pushBranch } from "../../cli/branch.ts";
import type { NewFile } from "../../cli/commands/context.ts";
import { CliError } from "../../cli/commands/result.ts";
import { filePatches } from "../../cli/output/patch.ts";
import { hasGit, runGit } from "../doubles/git-http-backend.ts";
import { scratchFolder } from "../source/sources.ts";

const { signal } = new AbortController();

function clone(files: Readonly<Record<string, string>>) {
  const origin = scratchFolder();
  const root = scratchFolder();
  const git = (...args: string[]) => runGit(root, args);
  runGit(origin, ["init", "-q", "--bare", "-b", "main"]);
  git("init", "-q", "-b", "main");
  git("remote", "add", "origin", origin);
  git("config", "user.name", "Ana");
  git("config", "user.email", "ana@acme.example");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  git("add", "-A");
  git("commit", "-q", "-m", "first");
  return { root, origin, git, base: git("rev-parse", "HEAD") };
}

function file(text: string, mode: NewFile["mode"] = "100644"): NewFile {
  return { content: new TextEncoder().encode(text), mode };
}

const before = { "a/b/one": "1\n", "a/b/two": "2\n", "a/gone": "x\n", top: "t" };
const files = new Map([
  ["a/b/one", file("one\n")],
  ["a/gone", undefined],
  ["new/deep/run", file("#!/bin/sh\n", "100755")],
]);

describe.skipIf(!hasGit)("a branch made for review (skipped where git is missing)", () => {
  it("holds the change alone, is pushed, and leaves what is checked out as it was", async () => {
    const { root, origin, git, base } = clone(before);
    const branch = { name: "revert-web", base, message: "Roll back web\n", files };
    const made = await pushBranch(root, branch, signal);
    expect(made).toMatchObject({ isPushed: true, command: "git push origin revert-web" });
    expect(runGit(origin, ["rev-parse", "revert-web"])).toBe(made.commit);
    expect(git("log", "-1", "--format=%an %s", "revert-web")).toBe("Ana Roll back web");
    expect(git("diff", "--name-status", base, "revert-web")).toBe(
      "M\ta/b/one\nD\ta/gone\nA\tnew/deep/run",
    );
    expect(git("ls-tree", "-r", "revert-web", "new")).toMatch(/^100755 /);
    expect(git("fsck", "--strict")).toBe("");
    expect([git("status", "--porcelain"), git("rev-parse", "main", "HEAD")]).toEqual([
      "",
      `${base}\n${base}`,
    ]);
  });

  it("never moves a branch that exists, and says when the push is refused", async () => {
    const { root, git, base } = clone(before);
    git("branch", "taken");
    const message = "m\n";
    const taken = pushBranch(root, { name: "taken", base, message, files }, signal);
    await expect(taken).rejects.toThrow("there is a branch taken already");
    expect(git("rev-parse", "taken")).toBe(base);
    git("remote", "set-url", "origin", join(root, "nowhere"));
    const refused = pushBranch(root, { name: "fresh", base, message, files }, signal);
    await expect(refused).rejects.toThrow(CliError);
  });

  it("is as a patch what git apply takes", () => {
    const { root, git } = clone(before);
    const patch = filePatches([
      { path: "a/b/one", before: "1\n", after: "one\n" },
      { path: "a/gone", before: "x\n", after: undefined },
      { path: "new/deep/run", before: undefined, after: "#!/bin/sh\nno end", mode: "100755" },
      { path: "new/empty", before: undefined, after: "" },
    ]);
    writeFileSync(join(root, "the.patch"), patch);
    git("apply", "--index", "the.patch");
    expect(git("diff", "--cached", "--name-status")).toBe(
      "M\ta/b/one\nD\ta/gone\nA\tnew/deep/run\nA\tnew/empty",
    );
    expect(git("show", ":new/deep/run")).toBe("#!/bin/sh\nno end");
  });
});
