import { execFile, spawn } from "node:child_process";
import * as fs from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { add, commit, init } from "isomorphic-git";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../tree.ts";
import { fleetTexts } from "./fleet-texts.ts";

const main = join(root, "cli/main.ts");
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-cli-"));
  await init({ fs, dir: folder, defaultBranch: "main" });
  for (const [path, text] of Object.entries(fleetTexts)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
    await add({ fs, dir: folder, filepath: path });
  }
  const author = { name: "Ana", email: "ana@example.com" };
  await commit({ fs, dir: folder, message: "first", author });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function holdfast(...args: readonly string[]) {
  const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder } };
  return new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
    execFile(process.execPath, [main, ...args], options, (error, stdout, stderr) => {
      done({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

describe("the process", () => {
  it("answers help without loading anything that commands need", async () => {
    const { code, stdout } = await holdfast("--help");
    expect(code).toBe(0);
    expect(stdout).toContain("holdfast validate");
  });

  it("validates the work tree, uncommitted edits included, from a folder inside it", async () => {
    expect(await holdfast("validate")).toMatchObject({ code: 0, stderr: "" });
    const place = join(folder, "apps/shop/all.yaml");
    await writeFile(place, (fleetTexts["apps/shop/all.yaml"] ?? "").replace("EUR", "USD"));
    const diff = await holdfast("diff", "--rev", "main..", "--no-headers");
    await writeFile(place, fleetTexts["apps/shop/all.yaml"] ?? "");
    expect(diff.code).toBe(1);
    expect(diff.stdout).toContain("  - EUR\n  + USD\n");
    const committed = await holdfast("diff", "--rev", "HEAD..main");
    expect(committed).toMatchObject({ code: 0, stdout: "no difference\n" });
  });

  it("takes a missing kubeconfig for an empty one, and a broken one for an error", async () => {
    const none = await holdfast("clusters", "list", "--kubeconfig", join(folder, "none"));
    expect(none).toMatchObject({ code: 0, stderr: "" });
    expect(none.stdout).toMatch(/^prod .*not asked$/m);
    const broken = join(folder, "kubeconfig");
    await writeFile(broken, "");
    const { code, stderr } = await holdfast("clusters", "list", "--kubeconfig", broken);
    await rm(broken);
    expect(code).toBe(2);
    expect(stderr).toContain(`error: the kubeconfig cannot be read\n  where  ${broken}\n`);
  });

  it("says what is wrong on stderr, without colours, and exits 2", async () => {
    const { code, stdout, stderr } = await holdfast("render", "shpo");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      "error: there is no app shpo\n  why    known: shop\n  next   did you mean: shop\n",
    );
  });

  it("ends quietly when its reader has gone", async () => {
    const child = spawn(process.execPath, [main, "render", "--cluster", "dev"], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    const code = await new Promise((done) => child.on("close", done));
    expect([code, stderr]).toEqual([0, ""]);
  });
});
