import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");

export interface BuiltAgent {
  /** `dist/agent/main.js`, in a folder of its own. */
  readonly main: string;
  /** Those of the image. */
  readonly nodeFlags: readonly string[];
  remove(): Promise<void>;
}

/** The agent as it ships. Types are the check's business: what was written is run. */
export async function buildAgent(): Promise<BuiltAgent> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-bench-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const args = ["-p", join(root, "tsconfig.build.json"), "--outDir", join(folder, "dist")];
  const failure = await promisify(execFile)(join(root, "node_modules/.bin/tsc"), args, {
    cwd: root,
  }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const main = join(folder, "dist/agent/main.js");
  if (!existsSync(main)) throw new Error("the agent cannot be built", { cause: failure });
  const nodeFlags = await imageFlags();
  return { main, nodeFlags, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** What the image's entry gives to Node, so that the bench cannot measure another program. */
async function imageFlags(): Promise<readonly string[]> {
  const text = await readFile(join(root, "Dockerfile"), "utf8");
  const [, entry = ""] = /^ENTRYPOINT \[(.*)\]$/m.exec(text) ?? [];
  const words = entry.split(", ").map((word) => word.replaceAll('"', ""));
  if (!words.some((word) => word.endsWith("dist/agent/main.js"))) {
    throw new Error("the Dockerfile's ENTRYPOINT does not start dist/agent/main.js");
  }
  return words.filter((word) => word.startsWith("--"));
}
