import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createGitSource, type GitSourceOptions } from "../../agent/source/git.ts";
import type { ConfigSource } from "../../agent/source/source.ts";
import {
  type GitServerOptions,
  type SandboxGit,
  startGitServer,
} from "../../cli/sandbox/git/server.ts";

export const signal = new AbortController().signal;

export const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async () => {},
};

/** A folder that is gone after the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function sandboxGit(options: GitServerOptions = {}): Promise<SandboxGit> {
  const server = await startGitServer(options);
  onTestFinished(() => server.close());
  return server;
}

/** A source in this thread, unless told otherwise. */
export function sourceOf(url: string, options: Partial<GitSourceOptions> = {}): ConfigSource {
  const source = createGitSource({
    url,
    ref: "main",
    storePath: options.storePath ?? scratchFolder(),
    worker: false,
    clock,
    ...options,
  });
  onTestFinished(() => source.close());
  return source;
}

export async function textOf(source: ConfigSource, commit: string, path: string): Promise<string> {
  const files = await source.read(commit, [path], signal);
  return Buffer.from(files.get(path) ?? new Uint8Array()).toString();
}
