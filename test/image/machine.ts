import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

export const run = promisify(execFile);

/** Program → Debian package. */
const needed = {
  buildah: "buildah",
  debootstrap: "debootstrap",
  unshare: "util-linux",
  setpriv: "util-linux",
  npm: "npm",
} as const;

export type Machine = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Whether an image can be built and run here without a container engine; installs what is missing where that is possible. */
export async function prepareMachine(): Promise<Machine> {
  if (process.platform !== "linux") return { ok: false, why: "an image is built on Linux" };
  if (process.getuid?.() !== 0) return { ok: false, why: "mounting a root needs root" };
  const missing = Object.entries(needed).filter(([program]) => find(program) === undefined);
  if (missing.length === 0) return { ok: true };
  const names = missing.map(([program]) => program).join(" and ");
  if (find("apt-get") === undefined) {
    return { ok: false, why: `${names} missing, and no apt-get to install them` };
  }
  const packages = [...new Set(missing.map(([, name]) => name))];
  try {
    process.stderr.write(`installing ${packages.join(" and ")}\n`);
    await run("apt-get", ["update", "-qq"]);
    const quietly = ["install", "-y", "-qq", "--no-install-recommends"];
    await run("apt-get", [...quietly, ...packages]);
    return { ok: true };
  } catch (error) {
    return { ok: false, why: `${names} cannot be installed: ${lastLine(error)}` };
  }
}

/** Where a program of this machine is. */
export function find(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

function lastLine(error: unknown): string {
  return String(error).trim().split("\n").at(-1) ?? "";
}
