import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { root } from "../tree.ts";

const archive = join(
  resolve(root, process.env.HOLDFAST_SHARED ?? "../shared"),
  "inputs/real.tar.gz",
);

/** Real projects' manifests are no part of this repository: whether they lie beside it, and if not, what to set. */
export const haveInputs = existsSync(archive)
  ? { ok: true, why: "" }
  : { ok: false, why: "no inputs/real.tar.gz below HOLDFAST_SHARED (default ../shared)" };

/** Unpacks them below `parent`; the folder. */
export async function unpackInputs(parent: string): Promise<string> {
  const folder = join(parent, "inputs");
  await mkdir(folder, { recursive: true });
  await promisify(execFile)("tar", ["xzf", archive, "-C", folder]);
  return folder;
}
