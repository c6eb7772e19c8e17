import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { type GitServerOptions, startGitServer } from "../../../cli/sandbox/git/server.ts";
import { hasGit } from "../../doubles/git-http-backend.ts";

const run = promisify(execFile);

async function setUp(options: GitServerOptions = {}) {
  const server = await startGitServer(options);
  const folder = mkdtempSync(join(tmpdir(), "holdfast-sandbox-git-"));
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    server,
    folder,
    write: (path: string, text: string) => writeFileSync(join(folder, path), text),
  };
}

/** Asynchronous, since the server lives in this very process. */
async function git(cwd: string, ...args: string[]): Promise<string> {
  const who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
  const env = {
    PATH: process.env.PATH,
    HOME: cwd,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
  };
  const { stdout } = await run("git", [...who, ...args], { cwd, env });
  return stdout.trim();
}

test("commits are made from files, with deletions, folders and modes", async () => {
  const { server } = await setUp();
  server.commitFiles({ files: { "a/b/c.yaml": "c", "a/d.yaml": "d", x: "x" }, message: "one" });
  const second = server.commitFiles({
    files: { "a/b/": undefined, x: undefined, y: "y" },
    message: "two",
  });
  expect(server.head()).toBe(second);
  expect(server.fileText("a/d.yaml")).toBe("d");
  expect(server.fileText("y")).toBe("y");
  expect(server.fileText("x")).toBeUndefined();
  expect(server.fileText("a/b/c.yaml")).toBeUndefined();
  server.deleteBranch("main");
  expect(server.head()).toBeUndefined();
});

describe.skipIf(!hasGit)("with the real git (skipped where git is missing)", () => {
  for (const version of ["0", "2"]) {
    const protocol = ["-c", `protocol.version=${version}`];

    test(`protocol ${version}: clone, pull and push with deltas`, async () => {
      const { server, folder, write } = await setUp();
      const files: Record<string, string> = {};
      for (let n = 0; n < 300; n++) files[`apps/app-${n}/cm.yaml`] = `n: ${n}\n`.repeat(50);
      server.commitFiles({ files, message: "many" });
      await git(folder, ...protocol, "clone", "-q", server.url, "work");
      const work = join(folder, "work");
      expect(await git(work, "fsck", "--strict")).toBe("");
      expect((await git(work, "ls-files")).split("\n").length).toBe(300);
      server.commitFiles({ files: { "pulled.yaml": "p" }, message: "pulled" });
      await git(work, ...protocol, "pull", "-q", "--ff-only");
      expect(await git(work, "rev-parse", "HEAD")).toBe(server.head());
      const edited = `${files["apps/app-7/cm.yaml"]}more: yes\n`;
      write("work/apps/app-7/cm.yaml", edited);
      await git(work, "commit", "-qam", "edit");
      await git(work, ...protocol, "push", "-q");
      expect(await git(work, "rev-parse", "HEAD")).toBe(server.head());
      expect(server.fileText("apps/app-7/cm.yaml")).toBe(edited);
    });

    test(`protocol ${version}: forced push, branches made and deleted`, async () => {
      const { server, folder, write } = await setUp();
      const first = server.commitFiles({ files: { a: "1" }, message: "1" });
      server.commitFiles({ files: { a: "2" }, message: "2" });
      await git(folder, ...protocol, "clone", "-q", server.url, "work");
      const work = join(folder, "work");
      await git(work, "reset", "-q", "--hard", first);
      write("work/b", "b");
      await git(work, "add", "b");
      await git(work, "commit", "-qm", "b");
      await expect(git(work, ...protocol, "push", "-q")).rejects.toThrow("rejected");
      await git(work, ...protocol, "push", "-q", "--force");
      expect(server.fileText("b")).toBe("b");
      await git(work, ...protocol, "push", "-q", "origin", "HEAD:refs/heads/topic");
      expect(server.head("topic")).toBe(server.head());
      await git(work, ...protocol, "push", "-q", "origin", ":topic");
      expect(server.head("topic")).toBeUndefined();
    });

    test(`protocol ${version}: shallow clone, deepened, made whole`, async () => {
      const { server, folder } = await setUp();
      for (let n = 0; n < 6; n++) server.commitFiles({ files: { a: `${n}` }, message: `${n}` });
      await git(folder, ...protocol, "clone", "-q", "--depth", "1", server.url, "work");
      const work = join(folder, "work");
      const count = () => git(work, "rev-list", "--count", "HEAD");
      expect(await count()).toBe("1");
      await git(work, ...protocol, "fetch", "-q", "--depth", "3");
      expect(await count()).toBe("3");
      server.commitFiles({ files: { b: "b" }, message: "b" });
      await git(work, ...protocol, "pull", "-q", "--ff-only");
      expect(await count()).toBe("4");
      await git(work, ...protocol, "fetch", "-q", "--unshallow");
      expect(await count()).toBe("7");
      expect(await git(work, "fsck")).toBe("");
    });
  }

  test("an empty repository takes a first push", async () => {
    const { server, folder, write } = await setUp();
    await git(folder, "init", "-q", "-b", "main", "work");
    const work = join(folder, "work");
    write("work/a", "a");
    await git(work, "add", "a");
    await git(work, "commit", "-qm", "a");
    await git(work, "push", "-q", server.url, "main");
    expect(server.fileText("a")).toBe("a");
  });

  test("a tag is pushed and cloned", async () => {
    const { server, folder } = await setUp();
    const tip = server.commitFiles({ files: { a: "a" }, message: "a" });
    await git(folder, "clone", "-q", server.url, "work");
    await git(join(folder, "work"), "tag", "-a", "v1", "-m", "v1");
    await git(join(folder, "work"), "push", "-q", "origin", "v1");
    await git(folder, "clone", "-q", "--branch", "v1", server.url, "tagged");
    expect(await git(join(folder, "tagged"), "rev-parse", "HEAD")).toBe(tip);
  });

  test("with a token, nobody without it reads or pushes", async () => {
    const { server, folder } = await setUp({ user: "dev", token: "t0ken" });
    server.commitFiles({ files: { a: "a" }, message: "a" });
    await expect(git(folder, "clone", "-q", server.url, "work")).rejects.toThrow();
    const wrong = server.url.replace("//", "//other:t0ken@");
    await expect(git(folder, "clone", "-q", wrong, "work")).rejects.toThrow();
    await git(folder, "clone", "-q", server.url.replace("//", "//dev:t0ken@"), "work");
    expect(await git(join(folder, "work"), "rev-parse", "HEAD")).toBe(server.head());
  });

  test("misbehaves on request and recovers", async () => {
    const { server, folder } = await setUp();
    server.commitFiles({ files: { a: "a" }, message: "a" });
    for (const behaviour of [
      { kind: "status", status: 500 },
      { kind: "truncate", bytes: 100 },
    ] as const) {
      server.misbehave(behaviour);
      await expect(git(folder, "clone", "-q", server.url, "work")).rejects.toThrow();
    }
    let isOver = false;
    const until = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      isOver = true;
    };
    server.misbehave({ kind: "delay", until });
    await git(folder, "clone", "-q", server.url, "work");
    expect(isOver).toBe(true);
  });
});
