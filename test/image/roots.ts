import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "./machine.ts";

/** What stands for the public base images, as archives. */
export interface Roots {
  /** Debian with a shell: for building. */
  readonly build: string;
  /** A C++ program's libraries, certificates and two users: for running, without a shell. */
  readonly run: string;
}

const recipe = {
  suite: "bookworm",
  packages: ["ca-certificates", "libstdc++6"],
  libraries: ["libc6", "libgcc-s1", "libstdc++6"],
  files: ["etc/ssl/certs/ca-certificates.crt", "etc/nsswitch.conf", "usr/lib/os-release"],
  folders: ["etc", "usr", "usr/lib", "tmp", "var", "var/lib"],
  links: ["bin", "lib", "lib64", "sbin"],
} as const;

const users = [
  "root:x:0:0::/root:/sbin/nologin",
  "nonroot:x:65532:65532::/tmp:/sbin/nologin",
] as const;

/** Made by debootstrap once, half a minute; kept in the user's cache folder. */
export async function makeRoots(): Promise<Roots> {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const name = createHash("sha256")
    .update(JSON.stringify([recipe, users]))
    .digest("hex");
  const folder = join(cache, "holdfast", "image", name.slice(0, 16));
  if (!existsSync(folder)) await bootstrap(folder);
  return { build: join(folder, "build.tar"), run: join(folder, "run.tar") };
}

async function bootstrap(folder: string): Promise<void> {
  await mkdir(join(folder, ".."), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  try {
    const root = join(work, "root");
    process.stderr.write("making a Debian to build on: half a minute, once\n");
    const include = `--include=${recipe.packages.join(",")}`;
    await run("debootstrap", ["--variant=minbase", include, recipe.suite, root]);
    await mkdir(join(work, "made"));
    await run("tar", ["-C", root, "-cf", join(work, "made/build.tar"), "."]);
    await selectRuntime(root, join(work, "small"));
    await run("tar", ["-C", join(work, "small"), "-cf", join(work, "made/run.tar"), "."]);
    await rename(join(work, "made"), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The files of a few packages: what a shell-less base image has. */
async function selectRuntime(root: string, small: string): Promise<void> {
  const lists = await Promise.all(
    recipe.libraries.map((name) => dpkgFiles(root, name).then((paths) => paths)),
  );
  const paths = [...new Set([...recipe.folders, ...recipe.files, ...lists.flat()])].sort();
  await mkdir(join(small, "etc"), { recursive: true });
  const list = `${small}.list`;
  await writeFile(list, paths.join("\n"));
  const archive = `${small}.tar`;
  await run("tar", ["-C", root, "--no-recursion", "-cf", archive, "-T", list]);
  await run("tar", ["-C", small, "-xf", archive]);
  for (const name of recipe.links) await symlink(`usr/${name}`, join(small, name));
  await writeFile(join(small, "etc/passwd"), `${users.join("\n")}\n`);
  await writeFile(join(small, "etc/group"), "root:x:0:\nnonroot:x:65532:\n");
}

/** Without documentation, and through the links that a merged /usr has. */
async function dpkgFiles(root: string, name: string): Promise<readonly string[]> {
  const { stdout } = await run("dpkg-query", [
    `--admindir=${join(root, "var/lib/dpkg")}`,
    "--listfiles",
    name,
  ]);
  return stdout
    .split("\n")
    .map((path) => path.replace(/^\/(bin|lib|lib64|sbin)(?=\/)/, "/usr/$1").slice(1))
    .filter((path) => path.includes("/") && !path.startsWith("usr/share/"));
}
