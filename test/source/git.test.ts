import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createGitSource } from "../../agent/source/git.ts";
import { packLimits } from "../../agent/source/pack-check.ts";
import { treeContent } from "../../cli/sandbox/git/objects.ts";
import type { SandboxGit } from "../../cli/sandbox/git/server.ts";
import { clock, sandboxGit, scratchFolder, signal, sourceOf, textOf } from "./sources.ts";

function commitMany(git: SandboxGit, count: number): string[] {
  return Array.from({ length: count }, (_, n) =>
    git.commitFiles({ files: { "a.yaml": `n: ${n}\n` }, message: `change ${n}` }),
  );
}

describe("what is fetched", () => {
  test("a clone has every file of the tip, with mode and contents", async () => {
    const git = await sandboxGit();
    const tip = git.commitFiles({
      files: {
        "apps/shop/app.yaml": "kind: App\n",
        "run.sh": { mode: "100755", content: "#!/bin/sh\n" },
        "apps/link.yaml": { mode: "120000", content: "shop/app.yaml" },
        module: { mode: "160000", content: "1".repeat(40) },
      },
      message: "first",
    });
    const source = sourceOf(git.url);
    const commit = await source.poll(signal);
    expect(commit).toMatchObject({ id: tip, title: "first", author: "Demo <demo@example.com>" });
    const tree = await source.tree(tip, signal);
    expect([...tree].map(([path, { mode }]) => `${mode} ${path}`)).toEqual([
      "120000 apps/link.yaml",
      "100644 apps/shop/app.yaml",
      "160000 module",
      "100755 run.sh",
    ]);
    expect(await textOf(source, tip, "apps/link.yaml")).toBe("shop/app.yaml");
    await expect(source.read(tip, ["module"], signal)).rejects.toThrow("module is a submodule");
  });

  test("a later poll brings what is new, and asks for nothing when nothing is", async () => {
    const git = await sandboxGit();
    commitMany(git, 2);
    const source = sourceOf(git.url);
    const first = await source.poll(signal);
    const fetches = () => git.requests.filter(({ method }) => method === "POST").length;
    const before = fetches();
    expect((await source.poll(signal)).id).toBe(first.id);
    expect(fetches() - before).toBe(1);
    const next = git.commitFiles({ files: { "b.yaml": "b\n" }, message: "b" });
    expect((await source.poll(signal)).id).toBe(next);
    expect(await textOf(source, next, "b.yaml")).toBe("b\n");
    expect(await textOf(source, first.id, "a.yaml")).toBe("n: 1\n");
  });

  test("a new process finds what the last one fetched, also with the host down", async () => {
    const git = await sandboxGit();
    const tip = git.commitFiles({ files: { a: "a" }, message: "a" });
    const storePath = scratchFolder();
    await sourceOf(git.url, { storePath }).poll(signal);
    git.misbehave({ kind: "status", status: 500 });
    const again = sourceOf(git.url, { storePath });
    await expect(again.poll(signal)).rejects.toMatchObject({ reason: "SourceUnreachable" });
    expect((await again.commit(tip, signal))?.title).toBe("a");
    expect(await textOf(again, tip, "a")).toBe("a");
  });

  test("another repository address gets nothing of the old store", async () => {
    const git = await sandboxGit({ repositories: ["one", "two"] });
    const tip = git.repository("one").commitFiles({ files: { a: "a" }, message: "a" });
    git.repository("two").commitFiles({ files: { b: "b" }, message: "b" });
    const storePath = scratchFolder();
    await sourceOf(git.urlOf("one"), { storePath }).poll(signal);
    const second = sourceOf(git.urlOf("two"), { storePath });
    expect((await second.poll(signal)).title).toBe("b");
    expect(await second.commit(tip, signal)).toBeUndefined();
  });

  test("an annotated tag is followed to its commit", async () => {
    const git = await sandboxGit();
    const tip = git.commitFiles({ files: { a: "a" }, message: "a" });
    const content = Buffer.from(
      `object ${tip}\ntype commit\ntag v1\ntagger T <t@e.x> 1 +0000\n\nv1\n`,
    );
    git.setRef("refs/tags/v1", git.repository("fleet").objects.add({ type: "tag", content }));
    const source = sourceOf(git.url, { ref: "refs/tags/v1" });
    expect((await source.poll(signal)).id).toBe(tip);
    expect((await source.poll(signal)).id).toBe(tip);
  });

  test.each([{ v2: false }, { v2: false, shallow: false }, { shallow: false }])(
    "an older server gives the same result: %o",
    async (options) => {
      const git = await sandboxGit(options);
      const ids = commitMany(git, 3);
      const source = sourceOf(git.url);
      expect((await source.poll(signal)).id).toBe(ids[2]);
      expect(await source.contains(ids[2]!, ids[0]!, signal)).toBe(true);
      const next = git.commitFiles({ files: { z: "z" }, message: "z" });
      expect((await source.poll(signal)).id).toBe(next);
    },
  );
});

describe("history", () => {
  test("the clone deepens until an older commit is found (G25)", async () => {
    const git = await sandboxGit();
    const ids = commitMany(git, 12);
    const source = sourceOf(git.url, { limits: { deepenSteps: [4, 20] } });
    const tip = await source.poll(signal);
    const asked = () => git.requests.length;
    const before = asked();
    expect((await source.log({ to: tip.id, limit: 1 }, signal)).length).toBe(1);
    expect(asked()).toBe(before);
    expect((await source.commit(ids[10]!, signal))?.title).toBe("change 10");
    expect((await source.log({ to: tip.id, limit: 4 }, signal)).length).toBe(4);
    expect(asked() - before).toBe(2);
    expect((await source.log({ from: ids[1]!, to: tip.id, limit: 50 }, signal)).length).toBe(10);
    expect(await source.contains(tip.id, ids[0]!, signal)).toBe(true);
    expect(await source.contains(ids[3]!, ids[9]!, signal)).toBe(false);
    expect(await source.commit("f".repeat(40), signal)).toBeUndefined();
  });

  test("beyond the budget the answer is that nobody knows, without asking again", async () => {
    const git = await sandboxGit();
    const ids = commitMany(git, 12);
    const source = sourceOf(git.url, { limits: { deepenSteps: [3, 5] } });
    const tip = await source.poll(signal);
    expect(await source.contains(tip.id, ids[0]!, signal)).toBeUndefined();
    const asked = git.requests.length;
    expect(await source.contains(tip.id, ids[0]!, signal)).toBeUndefined();
    expect(git.requests.length).toBe(asked);
  });

  test("log gives what `to` has and `from` has not, by any parent, newest first", async () => {
    const git = await sandboxGit();
    const base = git.commitFiles({ files: { a: "a" }, message: "base" });
    const left = git.commitFiles({ files: { b: "b" }, message: "left", time: 1_800_000_000 });
    const right = git.commitFiles({
      branch: "side",
      parents: [base],
      files: { c: "c" },
      message: "right",
      time: 1_800_000_100,
    });
    const merge = git.commitFiles({
      parents: [left, right],
      files: { c: "c" },
      message: "merge",
      time: 1_800_000_200,
    });
    const source = sourceOf(git.url);
    await source.poll(signal);
    expect(await source.contains(merge, right, signal)).toBe(true);
    expect(await source.contains(merge, base, signal)).toBe(true);
    const log = await source.log({ from: left, to: merge, limit: 10 }, signal);
    expect(log.map(({ title }) => title)).toEqual(["merge", "right"]);
    const all = await source.log({ to: merge, limit: 3 }, signal);
    expect(all.map(({ title }) => title)).toEqual(["merge", "right", "left"]);
  });

  test("after a forced push the new tip is there and does not contain the old one", async () => {
    const git = await sandboxGit();
    const [base] = commitMany(git, 3);
    const source = sourceOf(git.url);
    const old = await source.poll(signal);
    const forced = git.commitFiles({ parents: [base!], files: { f: "f" }, message: "forced" });
    expect((await source.poll(signal)).id).toBe(forced);
    expect(await source.contains(forced, old.id, signal)).toBe(false);
    expect(await textOf(source, old.id, "a.yaml")).toBe("n: 2\n");
  });
});

test("a branch set back to an older commit is followed; deciding about it is the agent's (G13)", async () => {
  const git = await sandboxGit();
  const ids = commitMany(git, 4);
  const source = sourceOf(git.url);
  await source.poll(signal);
  git.setRef("main", ids[1]!);
  expect((await source.poll(signal)).id).toBe(ids[1]);
  expect(await source.contains(ids[1]!, ids[3]!, signal)).toBe(false);
  git.setRef("main", ids[3]!);
  expect((await source.poll(signal)).id).toBe(ids[3]);
});

test("asking for a commit that was never fetched harms nothing", async () => {
  const git = await sandboxGit();
  const tip = git.commitFiles({ files: { a: "a" }, message: "a" });
  const source = sourceOf(git.url);
  await source.poll(signal);
  await expect(source.tree("f".repeat(40), signal)).rejects.toThrow("was not fetched");
  git.misbehave({ kind: "status", status: 500 });
  expect(await textOf(source, tip, "a")).toBe("a");
});

describe("a host that fails", () => {
  const failures = [
    [{ kind: "status", status: 401 }, "SourceAuthFailed"],
    [{ kind: "status", status: 403 }, "SourceAuthFailed"],
    [{ kind: "status", status: 500 }, "SourceUnreachable"],
    [{ kind: "status", status: 404 }, "SourceInvalid"],
    [{ kind: "html" }, "SourceInvalid"],
    [{ kind: "endless" }, "SourceInvalid"],
  ] as const;

  test.each(failures)("%o is %s, and what was fetched stays", async (behaviour, reason) => {
    const git = await sandboxGit({ token: "s3cr3t-token" });
    const first = git.commitFiles({ files: { a: "a" }, message: "a" });
    const credential = { password: () => "s3cr3t-token" };
    const source = sourceOf(git.url, { credential, limits: { advertisementBytes: 100_000 } });
    await source.poll(signal);
    const next = git.commitFiles({ files: { a: "b" }, message: "b" });
    git.misbehave(behaviour);
    const error = await source.poll(signal).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ reason });
    expect(String(error)).not.toContain("s3cr3t-token");
    expect(String(error)).toContain(git.url);
    expect(await textOf(source, first, "a")).toBe("a");
    git.misbehave(undefined);
    expect((await source.poll(signal)).id).toBe(next);
  });

  test("Retry-After is passed on", async () => {
    const git = await sandboxGit();
    git.misbehave({ kind: "status", status: 429, headers: { "retry-after": "120" } });
    await expect(sourceOf(git.url).poll(signal)).rejects.toMatchObject({
      reason: "SourceUnreachable",
      retryAfterSeconds: 120,
    });
  });

  test("nobody listens", async () => {
    const git = await sandboxGit();
    const source = sourceOf(git.url);
    await git.close();
    await expect(source.poll(signal)).rejects.toMatchObject({ reason: "SourceUnreachable" });
  });

  test("a revoked credential fails, a renewed one counts at once", async () => {
    const git = await sandboxGit({ token: "old" });
    git.commitFiles({ files: { a: "a" }, message: "a" });
    let token = "old";
    const source = sourceOf(git.url, { credential: { password: () => token } });
    await source.poll(signal);
    git.setToken("new");
    await expect(source.poll(signal)).rejects.toMatchObject({ reason: "SourceAuthFailed" });
    token = "new";
    expect((await source.poll(signal)).title).toBe("a");
  });

  test("a branch that is gone is RefMissing, and the commit stays readable", async () => {
    const git = await sandboxGit();
    const tip = git.commitFiles({ files: { a: "a" }, message: "a" });
    git.commitFiles({ branch: "other", files: { o: "o" }, message: "o" });
    const source = sourceOf(git.url);
    await source.poll(signal);
    git.deleteBranch("main");
    await expect(source.poll(signal)).rejects.toMatchObject({ reason: "RefMissing" });
    expect(await textOf(source, tip, "a")).toBe("a");
  });

  test("an empty repository is RefMissing", async () => {
    const git = await sandboxGit();
    await expect(sourceOf(git.url).poll(signal)).rejects.toMatchObject({ reason: "RefMissing" });
  });

  test("a poll that is aborted ends", async () => {
    const git = await sandboxGit();
    git.misbehave({ kind: "hang" });
    const controller = new AbortController();
    const polling = sourceOf(git.url).poll(controller.signal);
    setTimeout(() => controller.abort(new Error("stop")), 50);
    await expect(polling).rejects.toThrow("stop");
  });

  test("no answer within the time limit is SourceUnreachable", async () => {
    const git = await sandboxGit();
    git.misbehave({ kind: "hang" });
    const source = sourceOf(git.url, { limits: { headersMs: 100 } });
    await expect(source.poll(signal)).rejects.toMatchObject({ reason: "SourceUnreachable" });
  });

  test("a redirect is refused and the other host sees no Authorization (NEG-20)", async () => {
    const git = await sandboxGit({ token: "t" });
    const canary = await sandboxGit();
    const location = `${canary.url}/info/refs?service=git-upload-pack`;
    for (const status of [301, 302, 303, 307, 308]) {
      git.misbehave({ kind: "status", status, headers: { location } });
      const source = sourceOf(git.url, { credential: { password: () => "t" } });
      await expect(source.poll(signal)).rejects.toMatchObject({ reason: "SourceInvalid" });
    }
    expect(canary.requests).toEqual([]);
  });
});

describe("addresses", () => {
  const bad = [
    "https://good@evil.example/x.git",
    "https://user:pa55@example.com/x.git",
    "http://example.com/x.git",
    "file:///etc/passwd",
    "ssh://git@example.com/x.git",
    "git://example.com/x",
    "ext::sh -c touch% /tmp/x",
    "https://example.com/x%0a.git",
    "https://example.com/x\u001b.git",
    "https://example.com/a b",
    "https://example.com/x?token=1",
    "not a url",
  ];
  test.each(bad)("%j is refused, without repeating a password", (url) => {
    const make = () => createGitSource({ url, ref: "main", storePath: "/nowhere", clock });
    expect(make).toThrow("The address of the config repository is refused");
    expect(make).not.toThrow("pa55");
  });

  test.each([
    "../../config",
    "-upload",
    "a..b",
    "a\nb",
    "x.lock",
    "refs/heads/.git",
    "a b",
    "@{1}",
    "",
  ])("the ref %j is refused", (ref) => {
    const url = "https://example.com/x.git";
    expect(() => createGitSource({ url, ref, storePath: "/nowhere", clock })).toThrow(
      "valid Git ref",
    );
  });
});

describe("damage on the way", () => {
  async function fetched() {
    const git = await sandboxGit();
    const first = git.commitFiles({ files: { a: "a" }, message: "a" });
    const storePath = scratchFolder();
    const source = sourceOf(git.url, { storePath });
    await source.poll(signal);
    const files: Record<string, string> = {};
    for (let n = 0; n < 40; n++) files[`apps/${n}.yaml`] = `name: app-${n}\n`.repeat(20);
    const next = git.commitFiles({ files, message: "many" });
    return { git, source, storePath, first, next };
  }

  function onDisk(folder: string): string[] {
    return readdirSync(folder, { recursive: true })
      .map((name) => `${name}`)
      .sort();
  }

  test("a pack cut anywhere leaves no trace, and the next fetch works (G04)", async () => {
    const { git, source, storePath, first, next } = await fetched();
    const before = onDisk(storePath);
    const record = readFileSync(join(storePath, "revision.json"), "utf8");
    for (let sixteenth = 0; sixteenth < 16; sixteenth++) {
      git.misbehave({ kind: "cut", share: sixteenth / 16 });
      await expect(source.poll(signal)).rejects.toMatchObject({ reason: "SourceInvalid" });
      expect(onDisk(storePath)).toEqual(before);
      expect(readFileSync(join(storePath, "revision.json"), "utf8")).toBe(record);
    }
    expect(await textOf(source, first, "a")).toBe("a");
    git.misbehave(undefined);
    expect((await source.poll(signal)).id).toBe(next);
  });

  test("a flipped bit anywhere in the answer is never published as another commit (G05)", async () => {
    const { git, source, storePath, next } = await fetched();
    const before = onDisk(storePath);
    for (let at = 60; at < 4000; at += 131) {
      git.misbehave({ kind: "flip", at });
      await expect(source.poll(signal)).rejects.toMatchObject({ reason: "SourceInvalid" });
      expect(onDisk(storePath)).toEqual(before);
    }
    git.misbehave(undefined);
    expect((await source.poll(signal)).id).toBe(next);
  });

  test("a pack or index altered on disk is found, never read from, and cloned again (G22)", async () => {
    for (const kind of [".pack", ".idx"]) {
      const git = await sandboxGit();
      const tip = git.commitFiles({ files: { a: "a", "b/c": "c" }, message: "a" });
      const storePath = scratchFolder();
      await sourceOf(git.url, { storePath }).poll(signal);
      const name = onDisk(storePath).find((file) => file.endsWith(kind)) ?? "";
      const bytes = readFileSync(join(storePath, name));
      bytes[Math.floor(bytes.length / 2)]! ^= 1;
      writeFileSync(join(storePath, name), bytes);
      const again = sourceOf(git.url, { storePath });
      expect((await again.poll(signal)).id).toBe(tip);
      expect(await textOf(again, tip, "b/c")).toBe("c");
    }
  });

  test("an index that maps an id to other bytes is found at the read (G28)", async () => {
    const git = await sandboxGit();
    const tip = git.commitFiles({ files: { a: "aaa", b: "bbb" }, message: "a" });
    const storePath = scratchFolder();
    const first = sourceOf(git.url, { storePath });
    await first.poll(signal);
    const tree = await first.tree(tip, signal);
    const path = join(storePath, onDisk(storePath).find((file) => file.endsWith(".idx")) ?? "");
    const index = readFileSync(path);
    const count = index.readUInt32BE(8 + 255 * 4);
    const offsetOf = (name: string) => {
      const at = index.indexOf(Buffer.from(tree.get(name)!.id, "hex"), 1032);
      return 1032 + 24 * count + 4 * ((at - 1032) / 20);
    };
    const [a, b] = [offsetOf("a"), offsetOf("b")];
    const [atA, atB] = [index.readUInt32BE(a), index.readUInt32BE(b)];
    index.writeUInt32BE(atB, a);
    index.writeUInt32BE(atA, b);
    writeFileSync(path, index);
    const again = sourceOf(git.url, { storePath });
    await again.poll(signal);
    await expect(again.read(tip, ["a"], signal)).rejects.toThrow("holds other bytes");
    expect((await again.poll(signal)).id).toBe(tip);
    expect(await textOf(again, tip, "a")).toBe("aaa");
  });

  test("a store whose record is garbage is cloned again", async () => {
    const { git, storePath, next } = await fetched();
    writeFileSync(join(storePath, "revision.json"), "{");
    expect((await sourceOf(git.url, { storePath }).poll(signal)).id).toBe(next);
  });

  test("when packs pile up a fresh clone replaces the store (G30)", async () => {
    const git = await sandboxGit();
    const storePath = scratchFolder();
    const source = sourceOf(git.url, { storePath, limits: { packs: 3 } });
    for (const id of commitMany(git, 8)) {
      git.setRef("main", id);
      expect((await source.poll(signal)).id).toBe(id);
      expect(await textOf(source, id, "a.yaml")).toMatch(/^n: /);
    }
    expect(onDisk(storePath).filter((name) => name.endsWith(".pack")).length).toBeLessThanOrEqual(
      6,
    );
    expect(existsSync(join(storePath, "packs-1"))).toBe(false);
  });
});

describe("hostile content", () => {
  async function hostile(entries: Parameters<typeof treeContent>[0]) {
    const git = await sandboxGit();
    const { objects } = git.repository("fleet");
    const blob = objects.add({ type: "blob", content: Buffer.from("x") });
    const tree = objects.add({
      type: "tree",
      content: treeContent(entries.map((entry) => ({ ...entry, id: entry.id || blob }))),
    });
    const text = `tree ${tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nbad\n`;
    git.setRef("main", objects.add({ type: "commit", content: Buffer.from(text) }));
    return sourceOf(git.url);
  }

  const names = [
    ".git",
    ".GIT",
    "..",
    ".",
    "a/b",
    "git~1",
    "GIT~1",
    ".git.",
    ".git ",
    ".git::$INDEX_ALLOCATION",
    ".g\u200cit",
    "a\nb",
    "a\u001bb",
  ];
  test.each(names)("a tree entry %j is refused and named (G17)", async (name) => {
    const source = await hostile([{ mode: "100644", name, id: "" }]);
    const error = await source.poll(signal).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ reason: "SourceInvalid" });
    expect(String(error)).toContain("The entry");
  });

  test.each([
    [
      "twins by case",
      [
        { mode: "100644", name: "A", id: "" },
        { mode: "100644", name: "a", id: "" },
      ],
    ],
    [
      "a file twice",
      [
        { mode: "100644", name: "a", id: "" },
        { mode: "100755", name: "a", id: "" },
      ],
    ],
    ["an odd mode", [{ mode: "100666", name: "a", id: "" }]],
    ["a padded mode", [{ mode: "040000", name: "a", id: "" }]],
  ])("%s: refused", async (_what, entries) => {
    const source = await hostile(entries);
    await expect(source.poll(signal)).rejects.toMatchObject({ reason: "SourceInvalid" });
  });

  test("a blob that the pack lacks is named, and the commit is not accepted (G27)", async () => {
    const source = await hostile([{ mode: "100644", name: "a", id: "1".repeat(40) }]);
    await expect(source.poll(signal)).rejects.toThrow(`object ${"1".repeat(40)} of a is missing`);
  });

  test("a file over the cap is an error that names it; its neighbours are read", async () => {
    const git = await sandboxGit();
    const tip = git.commitFiles({
      files: { "big.yaml": Buffer.alloc(6 * 2 ** 20), "small.yaml": "s" },
      message: "big",
    });
    const source = sourceOf(git.url);
    await source.poll(signal);
    await expect(source.read(tip, ["big.yaml"], signal)).rejects.toThrow(
      "big.yaml has 6291456 bytes",
    );
    expect(await textOf(source, tip, "small.yaml")).toBe("s");
  });

  test("a pack is judged by our own rules before anything is made of it (G15)", async () => {
    const git = await sandboxGit();
    git.commitFiles({ files: { a: "a".repeat(5000) }, message: "a" });
    const few = sourceOf(git.url, { limits: { pack: { ...packLimits, objects: 2 } } });
    await expect(few.poll(signal)).rejects.toThrow("declares 3 objects");
    const small = sourceOf(git.url, { limits: { pack: { ...packLimits, objectBytes: 4999 } } });
    await expect(small.poll(signal)).rejects.toThrow("above the limit");
  });

  test("a pack above the cap stops there (G14)", async () => {
    const git = await sandboxGit();
    const noise = Buffer.from(
      Array.from({ length: 300_000 }, (_, n) => (n * 7919 + (n >> 3) * 31) % 251),
    );
    git.commitFiles({ files: { noise }, message: "noise" });
    const source = sourceOf(git.url, { limits: { packBytes: 200 } });
    await expect(source.poll(signal)).rejects.toThrow("larger than 200 bytes");
  });
});
