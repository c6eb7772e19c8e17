import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { hasGit, type RealGit, startRealGit } from "../doubles/git-http-backend.ts";
import { signal, sourceOf, textOf } from "./sources.ts";

async function realGit(): Promise<RealGit> {
  const git = await startRealGit();
  onTestFinished(() => git.close());
  return git;
}

function commit(git: RealGit, files: Readonly<Record<string, string>>, message: string): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(git.work, path)), { recursive: true });
    writeFileSync(join(git.work, path), text);
  }
  git.git("add", "-A");
  git.git("commit", "-q", "-m", message);
  git.git("push", "-q", "--force", "origin", "HEAD");
  return git.git("rev-parse", "HEAD");
}

function lines(count: number, word: string): string {
  return Array.from({ length: count }, (_, n) => `${word}: ${n}`).join("\n");
}

describe.skipIf(!hasGit)("against git http-backend (skipped where git is missing)", () => {
  test("clone, incremental fetch with deltas, and history", async () => {
    const git = await realGit();
    const first = commit(git, { "apps/a/big.yaml": lines(3000, "a"), "b.yaml": "b" }, "first");
    const source = sourceOf(git.url);
    expect((await source.poll(signal)).id).toBe(first);
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      ids.push(commit(git, { "apps/a/big.yaml": `${lines(3000, "a")}\nnew: ${n}\n` }, `edit ${n}`));
    }
    const tip = await source.poll(signal);
    expect(tip).toMatchObject({ id: ids[4], title: "edit 4", author: "Ada <ada@example.com>" });
    expect(await textOf(source, tip.id, "apps/a/big.yaml")).toContain("new: 4");
    expect(await source.contains(tip.id, first, signal)).toBe(true);
    expect(await source.contains(first, tip.id, signal)).toBe(false);
    const expected = git.git(
      "ls-tree",
      "-r",
      "--format=%(objectmode) %(path) %(objectname)",
      "HEAD",
    );
    const tree = await source.tree(tip.id, signal);
    const found = [...tree].map(([path, { mode, id }]) => `${mode} ${path} ${id}`);
    expect(found).toEqual(expected.split("\n"));
  });

  test("deepens a depth-1 clone over a history with merges", async () => {
    const git = await realGit();
    const ids = Array.from({ length: 8 }, (_, n) => commit(git, { a: `${n}` }, `main ${n}`));
    git.git("checkout", "-q", "-b", "side", ids[2]!);
    const side = commit(git, { s: "s" }, "side");
    git.git("checkout", "-q", "main");
    git.git("merge", "-q", "--no-ff", "-m", "merge", "side");
    git.git("push", "-q", "origin", "main");
    const source = sourceOf(git.url, { limits: { deepenSteps: [3, 6, 50] } });
    const tip = await source.poll(signal);
    expect(tip.parents.length).toBe(2);
    expect(await source.contains(tip.id, side, signal)).toBe(true);
    expect(await source.contains(tip.id, ids[0]!, signal)).toBe(true);
    const log = await source.log({ from: ids[7]!, to: tip.id, limit: 10 }, signal);
    expect(log.map(({ title }) => title)).toEqual(["merge", "side"]);
    const expected = git.git("log", "--format=%H", "HEAD").split("\n").sort();
    const all = await source.log({ to: tip.id, limit: 100 }, signal);
    expect(all.map(({ id }) => id).sort()).toEqual(expected);
  });

  test("forced push from far back, branch deleted and back", async () => {
    const git = await realGit();
    const ids = Array.from({ length: 6 }, (_, n) => commit(git, { a: `${n}` }, `c${n}`));
    const source = sourceOf(git.url);
    const old = await source.poll(signal);
    git.git("reset", "-q", "--hard", ids[1]!);
    const forced = commit(git, { f: "f" }, "forced");
    expect((await source.poll(signal)).id).toBe(forced);
    expect(await source.contains(forced, old.id, signal)).toBe(false);
    expect(await source.contains(forced, ids[0]!, signal)).toBe(true);
    git.git("push", "-q", "origin", "HEAD:other");
    git.git("--git-dir", git.bare, "update-ref", "-d", "refs/heads/main");
    await expect(source.poll(signal)).rejects.toMatchObject({ reason: "RefMissing" });
    expect(await textOf(source, forced, "f")).toBe("f");
    git.git("push", "-q", "origin", "HEAD:main");
    expect((await source.poll(signal)).id).toBe(forced);
  });

  test("an annotated tag, a packed repository with long delta chains, executables and links", async () => {
    const git = await realGit();
    for (let n = 0; n < 30; n++)
      commit(git, { big: `${lines(2000, "x")}\n${lines(n, "y")}` }, `v${n}`);
    git.git("tag", "-a", "v1", "-m", "v1");
    git.git("push", "-q", "origin", "v1");
    git.git("--git-dir", git.bare, "gc", "-q", "--aggressive");
    const source = sourceOf(git.url, { ref: "refs/tags/v1", limits: { deepenSteps: [5000] } });
    const tip = await source.poll(signal);
    expect(tip.id).toBe(git.git("rev-parse", "HEAD"));
    const first = git.git("rev-list", "--max-parents=0", "HEAD");
    expect(await source.contains(tip.id, first, signal)).toBe(true);
    expect(await textOf(source, first, "big")).toBe(`${lines(2000, "x")}\n`);
  });
});
