import { execFile } from "node:child_process";
import { join } from "node:path";
import { root } from "../tree.ts";

export interface CliAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a person runs it, from a clone of the config repository; no terminal, no colours. */
export function holdfast(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliAnswer> {
  const all = [join(root, "cli/main.ts"), ...args];
  const options = {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, NO_COLOR: "1", ...env },
    maxBuffer: 1 << 26,
    timeout: 180_000,
  };
  return new Promise((done) => {
    execFile(process.execPath, all, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      done({ code: typeof code === "number" ? code : -1, stdout, stderr });
    });
  });
}
