import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLocalRepository } from "../../agent/source/local.ts";
import { hasGit, runGit } from "../doubles/git-http-backend.ts";
import { scratchFolder } from "./sources.ts";

function clone() {
  const root = scratchFolder();
  const git = (...args: string[]) => runGit(root, args);
  const write = (path: string, text: string | Uint8Array) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const commit = (message: string) => {
    git("add", "-A");
    git("commit", "-q", "--allow-empty", "-m", message);
    return git("rev-parse", "HEAD");
  };
  git("init", "-q", "-b", "main");
  return { root, git, write, commit };
}

test("a folder outside of any work tree is an error that says so", async () => {
  await expect(openLocalRepository("/")).rejects.toThrow("not inside a Git work tree");
});

describe.skipIf(!hasGit)("a clone made by the real git (skipped where git is missing)", () => {
  test("revisions are named as git names them, loose, packed and by short id", async () => {
    const { root, git, write, commit } = clone();
    write("a", "1");
    const first = commit("first");
    write("a", "2");
    const second = commit("second");
    git("tag", "-a", "v1", "-m", "v1", first);
    git("checkout", "-q", "-b", "side", first);
    write("s", "s");
    commit("side");
    git("checkout", "-q", "main");
    git("merge", "-q", "--no-ff", "-m", "merge", "side");
    git("update-ref", "refs/remotes/origin/main", second);
    for (const when of ["loose", "packed"]) {
      if (when === "packed") git("gc", "-q");
      const repository = await openLocalRepository(join(root));
      const names = [
        "HEAD",
        "@",
        "main",
        "side",
        "v1",
        "origin/main",
        "HEAD~1",
        "HEAD^2",
        "main~2",
        "HEAD^2~1",
        "refs/heads/side",
        second.slice(0, 7),
        second,
      ];
      for (const name of names) {
        expect(await repository.resolve(name), `${name}, ${when}`).toBe(
          git("rev-parse", `${name}^{commit}`),
        );
      }
      expect(await repository.resolve("nothing")).toBeUndefined();
      expect(await repository.resolve("HEAD~9")).toBeUndefined();
      expect(await repository.resolve("f".repeat(40))).toBeUndefined();
      const head = (await repository.resolve("HEAD"))!;
      expect(await repository.contains(head, first)).toBe(true);
      expect(await repository.contains(first, head)).toBe(false);
      const log = await repository.log({ from: second, to: head, limit: 10 });
      expect(log.map(({ title }) => title)).toEqual(["merge", "side"]);
      expect([...(await repository.tree(head)).keys()]).toEqual(["a", "s"]);
      const files = await repository.read(first, ["a"]);
      expect(Buffer.from(files.get("a")!).toString()).toBe("1");
      expect(await repository.currentBranch()).toBe("main");
    }
  });

  test("the work tree is what git would commit, with uncommitted edits", async () => {
    const { root, git, write, commit } = clone();
    write("apps/shop/app.yaml", "a");
    write("forced.log", "tracked although ignored");
    commit("first");
    write(".gitignore", "*.log\n/build/\n!keep.log\n");
    write("apps/shop/app.yaml", "edited");
    write("apps/shop/new.yaml", "new");
    write("apps/shop/debug.log", "ignored");
    write("apps/shop/.gitignore", "secret-*\n");
    write("apps/shop/secret-1", "ignored");
    write("keep.log", "kept");
    write("build/out.yaml", "ignored");
    write("run.sh", "#!/bin/sh\n");
    chmodSync(join(root, "run.sh"), 0o755);
    symlinkSync("apps/shop/app.yaml", join(root, "link"));
    mkdirSync(join(root, "inner"));
    runGit(join(root, "inner"), ["init", "-q"]);
    writeFileSync(join(root, "inner/x.yaml"), "another repository");
    const { tree, files } = await (await openLocalRepository(join(root, "apps"))).workTree();
    rmSync(join(root, "inner"), { recursive: true });
    git("add", "-A");
    const staged = git("ls-files", "--format=%(objectmode) %(path) %(objectname)").split("\n");
    expect([...tree].map(([path, { mode, id }]) => `${mode} ${path} ${id}`)).toEqual(staged);
    expect(Buffer.from(files.get("apps/shop/app.yaml")!).toString()).toBe("edited");
    expect(Buffer.from(files.get("link")!).toString()).toBe("apps/shop/app.yaml");
  });

  test("a linked work tree and a detached HEAD", async () => {
    const { root, git, write, commit } = clone();
    write("a", "1");
    const first = commit("first");
    write("a", "2");
    commit("second");
    const linked = join(scratchFolder(), "linked");
    git("worktree", "add", "-q", "-b", "topic", linked, first);
    writeFileSync(join(linked, "b"), "b");
    const repository = await openLocalRepository(linked);
    expect(repository.root).toBe(linked);
    expect(await repository.currentBranch()).toBe("topic");
    expect(await repository.resolve("HEAD")).toBe(first);
    expect(await repository.resolve("main")).toBe(git("rev-parse", "main"));
    expect([...(await repository.workTree()).tree.keys()]).toEqual(["a", "b"]);
    git("checkout", "-q", "--detach", first);
    expect(await (await openLocalRepository(root)).currentBranch()).toBeUndefined();
  });

  test("the remote's address is told without its credential", async () => {
    const { root, git } = clone();
    git("remote", "add", "origin", "https://me:t0ken@example.com/acme/fleet.git");
    const repository = await openLocalRepository(root);
    expect(await repository.remoteUrl()).toBe("https://example.com/acme/fleet.git");
    expect(await repository.remoteUrl("other")).toBeUndefined();
    expect(await repository.resolve("HEAD")).toBeUndefined();
    expect((await repository.workTree()).tree.size).toBe(0);
  });

  test("a shallow clone answers that it does not know", async () => {
    const { root, write, commit } = clone();
    for (const n of [1, 2, 3]) {
      write("a", `${n}`);
      commit(`${n}`);
    }
    const shallow = join(scratchFolder(), "shallow");
    runGit(root, ["clone", "-q", "--depth", "1", `file://${root}`, shallow]);
    const repository = await openLocalRepository(shallow);
    const head = (await repository.resolve("HEAD"))!;
    expect(await repository.contains(head, "f".repeat(40))).toBeUndefined();
    expect((await repository.log({ to: head, limit: 10 })).map(({ title }) => title)).toEqual([
      "3",
    ]);
  });
});
