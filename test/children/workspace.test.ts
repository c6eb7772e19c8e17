import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSlots, shareMemory } from "../../agent/children/slots.ts";
import { inWorkspace, sweepWorkspaces } from "../../agent/children/workspace.ts";
import { temporaryFolder } from "./fakes.ts";

const files = new Map([["apps/shop/a.yaml", new TextEncoder().encode("a: 1")]]);

describe("a workspace", () => {
  it("holds exactly the files, for us alone, and goes when the work is done or failed", async () => {
    const parent = await temporaryFolder();
    const seen = await inWorkspace(parent, files, async ({ folder, tree, put }) => {
      const path = await put("values.json", "{}");
      const modes = [folder, tree, join(tree, "apps"), path, join(tree, "apps/shop/a.yaml")];
      return {
        all: (await readdir(tree, { recursive: true })).sort(),
        text: await readFile(join(tree, "apps/shop/a.yaml"), "utf8"),
        modes: await Promise.all(modes.map(async (item) => (await stat(item)).mode & 0o777)),
      };
    });
    expect(seen).toEqual({
      all: ["apps", "apps/shop", "apps/shop/a.yaml"],
      text: "a: 1",
      modes: [0o700, 0o700, 0o700, 0o600, 0o600],
    });
    await expect(inWorkspace(parent, files, () => Promise.reject(new Error("no")))).rejects.toThrow(
      "no",
    );
    expect(await readdir(parent)).toEqual([]);
  });

  it.each(["../outside", "/absolute/../../outside", "a/../../outside"])(
    "writes nothing at %s",
    async (path) => {
      const parent = await temporaryFolder();
      const stray = new Map([[path, new Uint8Array()]]);
      const made = inWorkspace(parent, stray, async ({ folder }) => readdir(folder));
      await expect(
        made.then(
          (names) => names.includes("outside"),
          () => false,
        ),
      ).resolves.toBe(false);
      expect(await readdir(parent)).toEqual([]);
    },
  );

  it("of a process that was killed is swept; of one that lives it is not", async () => {
    const parent = await temporaryFolder();
    const gone = 2 ** 22 + 1; // above the highest number that Linux gives
    const names = [`holdfast-render-${gone}-a1-x`, `holdfast-render-1-a1-x`, "other"];
    for (const name of names) await mkdir(join(parent, name));
    await writeFile(join(parent, names[0]!, "f"), "");
    const own = `holdfast-render-${process.pid}-zz-x`;
    await mkdir(join(parent, own));
    await inWorkspace(parent, files, async ({ tree }) => {
      await sweepWorkspaces(parent);
      expect(await readdir(tree)).toEqual(["apps"]);
    });
    expect((await readdir(parent)).sort()).toEqual(["holdfast-render-1-a1-x", "other"]);
  });
});

describe("slots", () => {
  it("let so many run, in turn, and let waiting ones go when they are stopped", async () => {
    const slots = createSlots(1);
    const never = new AbortController().signal;
    const { promise, resolve } = Promise.withResolvers<void>();
    const order: string[] = [];
    const first = slots.run(() => promise.then(() => order.push("first")), never);
    const stop = new AbortController();
    const second = slots.run(async () => order.push("second"), stop.signal);
    const third = slots.run(async () => order.push("third"), never);
    stop.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    expect(order).toEqual([]);
    resolve();
    await Promise.all([first, third]);
    expect(order).toEqual(["first", "third"]);
    await expect(slots.run(() => Promise.reject(new Error("no")), never)).rejects.toThrow("no");
    expect(await slots.run(async () => 1, never)).toBe(1);
  });

  it("share a quarter of the memory", () => {
    const gibibyte = 2 ** 30;
    expect(shareMemory(gibibyte)).toEqual({ count: 1, memoryBytes: gibibyte / 4 });
    expect(shareMemory(gibibyte / 4)).toEqual({ count: 1, memoryBytes: gibibyte / 4 });
    expect(shareMemory(2 * gibibyte)).toEqual({ count: 2, memoryBytes: gibibyte / 4 });
    expect(shareMemory(64 * gibibyte)).toEqual({ count: 4, memoryBytes: gibibyte });
  });
});
