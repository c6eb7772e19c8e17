import { execFileSync } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";
import { type Disk, realDisk } from "../../agent/source/disk.ts";
import { defaultLimits } from "../../agent/source/limits.ts";
import { createRepository } from "../../agent/source/repository.ts";
import type { ConfigSource } from "../../agent/source/source.ts";
import { storeFs } from "../../agent/source/store-files.ts";
import { clock, sandboxGit, scratchFolder, signal, textOf } from "./sources.ts";

/** A disk that stops working after `left` steps, as if the process had been killed there. */
function mortalDisk(left: number): Disk & { readonly isDead: () => boolean } {
  let steps = left;
  async function spend(): Promise<void> {
    if (steps-- <= 0) throw new Error("killed");
  }
  return {
    isDead: () => steps < 0,
    read: realDisk.read,
    list: realDisk.list,
    write: async (path, content) => {
      await spend();
      // Killed inside a write: what is half written never has the right name.
      if (steps === 0) await realDisk.write(`${path}.tmp`, content.subarray(0, content.length / 2));
      await spend();
      await realDisk.write(path, content);
    },
    makeFolder: async (folder) => {
      await spend();
      await realDisk.makeFolder(folder);
    },
    remove: async (path) => {
      await spend();
      await realDisk.remove(path);
    },
  };
}

function repository(
  url: string,
  storePath: string,
  options: { disk?: Disk; packs?: number } = {},
): ConfigSource {
  const source = createRepository({
    url,
    ref: "main",
    storePath,
    clock,
    limits: { ...defaultLimits, packs: options.packs ?? 100 },
    disk: options.disk ?? realDisk,
    credential: async () => undefined,
  });
  onTestFinished(() => source.close());
  return source;
}

for (const packs of [100, 1]) {
  const how = packs === 1 ? "a fresh clone beside" : "an incremental fetch";
  test(`killed between any two steps of ${how}: the old or the new store, never none (G04, G30)`, async () => {
    const git = await sandboxGit();
    let deaths = 0;
    for (let steps = 0; ; steps++) {
      const storePath = scratchFolder();
      const old = git.commitFiles({ files: { a: `${steps}` }, message: "old" });
      await repository(git.url, storePath).poll(signal);
      const next = git.commitFiles({ files: { a: "next" }, message: "next" });
      const disk = mortalDisk(steps);
      const outcome = await repository(git.url, storePath, { disk, packs })
        .poll(signal)
        .catch((error: unknown) => String(error));
      const after = repository(git.url, storePath);
      git.misbehave({ kind: "status", status: 500 });
      const commits = await Promise.all(
        [old, next].map((id) => after.commit(id, signal).catch(() => undefined)),
      );
      const kept = commits.findLast((commit) => commit !== undefined);
      expect(kept, `after ${steps} steps`).toBeDefined();
      expect(await textOf(after, kept!.id, "a")).toBe(kept!.id === next ? "next" : `${steps}`);
      git.misbehave(undefined);
      expect((await after.poll(signal)).id).toBe(next);
      expect(await textOf(after, next, "a")).toBe("next");
      if (!disk.isDead()) {
        expect(outcome).toMatchObject({ id: next });
        break;
      }
      deaths += 1;
    }
    expect(deaths).toBeGreaterThan(5);
  });
}

test("nothing but the store's own shapes can be read or written through its fs (NEG-05)", async () => {
  const written: string[] = [];
  const { promises } = storeFs({
    tip: undefined,
    shallow: [],
    packNames: async () => [],
    readPack: async () => undefined,
    staging: { shallow: () => written.push("shallow"), pack: (name) => written.push(name) },
  });
  const outside = [
    "/etc/passwd",
    "/store/../etc/passwd",
    "/store/config.lock",
    "/store/hooks/post-checkout",
    "/store/objects/info/alternates",
    "/store/objects/pack/pack-x.pack",
    "/store/objects/pack/../../config",
    "/store/refs/heads/main",
  ];
  for (const path of outside) {
    await expect(promises.readFile(path), path).rejects.toMatchObject({ code: "ENOENT" });
    await expect(promises.writeFile(path, "x"), path).rejects.toThrow();
  }
  await expect(promises.symlink?.("/etc/passwd", "/store/refs/x")).rejects.toThrow();
  expect(written).toEqual([]);
});

test("the store is for this user only", async () => {
  const git = await sandboxGit();
  git.commitFiles({ files: { a: "a" }, message: "a" });
  const storePath = `${scratchFolder()}/store`;
  await repository(git.url, storePath).poll(signal);
  const open = execFileSync("find", [storePath, "-perm", "/077"], { encoding: "utf8" });
  expect(open).toBe("");
});
