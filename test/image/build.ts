import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findTool } from "../helm.ts";
import { root } from "../tree.ts";
import { find, run } from "./machine.ts";
import { makeRoots } from "./roots.ts";
import type { ImageStore } from "./store.ts";

export const imageName = "localhost/holdfast:test";

const bases = {
  BASE: "localhost/holdfast-base:test",
  BUILD_BASE: "localhost/holdfast-build:test",
  TOOLS: "localhost/holdfast-tools:test",
} as const;

/**
 * The project's own Dockerfile, every step of its build. Not pulled are its public bases: Debian by debootstrap with the
 * `node` package's binary stands for them, and helm and kustomize are those that the tests built of the same go.mod.
 */
export async function buildImage(store: ImageStore, commit: string): Promise<void> {
  const roots = await makeRoots();
  const npm = dirname(dirname(await realpath(find("npm") ?? "npm")));
  const link = join(store.folder, "npm");
  await writeFile(
    link,
    '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n',
    { mode: 0o755 },
  );
  await store.image(bases.BASE, [[roots.run, "/"]]);
  await store.image(bases.BUILD_BASE, [
    [roots.build, "/"],
    [process.execPath, "/usr/local/bin/node"],
    [npm, "/usr/local/lib/node_modules/npm"],
    [link, "/usr/local/bin/npm"],
  ]);
  await store.image(bases.TOOLS, [
    [tool("helm"), "/helm"],
    [tool("kustomize"), "/kustomize"],
  ]);
  await withNpmSettings(async (mounts) => {
    const values = Object.entries({ ...bases, COMMIT: commit });
    const args = values.flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
    const flags = ["--pull-never", "--network", "host", "--tag", imageName];
    await store.buildah("build", ...flags, ...args, ...mounts, root);
  });
}

function tool(name: string): string {
  const path = findTool(name);
  if (path !== undefined) return path;
  throw new Error(`there is no ${name}: node test/e2e/build.ts builds it`);
}

/** What npm knows here of registries, certificates and packages, mounted for the steps of the build and in no layer. */
async function withNpmSettings(work: (mounts: readonly string[]) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-npm-"));
  try {
    const files = await Promise.all(["globalconfig", "userconfig"].map(npmConfig));
    const texts = await Promise.all(files.filter(existsSync).map((file) => readFile(file, "utf8")));
    const authorities = [await npmConfig("cafile"), process.env.NODE_EXTRA_CA_CERTS ?? ""];
    const authority = [...authorities, "/etc/ssl/certs/ca-certificates.crt"].find(existsSync);
    if (authority !== undefined) await copyFile(authority, join(folder, "ca.pem"));
    const ours = ["cache=/npm-cache", "prefer-offline=true", "cafile=/npm-settings/ca.pem"];
    const lines = authority === undefined ? ours.slice(0, 2) : ours;
    await writeFile(join(folder, "npmrc"), `${[...texts, ...lines].join("\n")}\n`);
    const mounts = [
      `${folder}:/npm-settings:ro`,
      `${join(folder, "npmrc")}:/usr/local/etc/npmrc:ro`,
      `${await npmConfig("cache")}:/npm-cache`,
    ];
    await work(mounts.flatMap((mount) => ["--volume", mount]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function npmConfig(key: string): Promise<string> {
  return (await run("npm", ["config", "get", key])).stdout.trim();
}
