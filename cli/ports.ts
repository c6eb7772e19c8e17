import { createHash, createHmac, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../agent/schedule/clock.ts";
import type { CliPorts } from "./commands/context.ts";
import { CliError } from "./commands/result.ts";

/** The adapters behind a command; each is loaded when it is first asked for, so that `--help` stays fast. */
export function createCliPorts(_kubeconfigPath: string | undefined): CliPorts {
  // Offline there is no install key: digests of Secrets only have to agree within this process (NEG-32).
  const key = randomBytes(32);
  const clock: Clock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
  };
  return {
    clock,
    random: { next: () => Math.random(), id: () => crypto.randomUUID() },
    hasher: async () => ({
      sha256: (data) => createHash("sha256").update(data).digest("hex"),
      keyed: (data) => createHmac("sha256", key).update(data).digest("hex"),
    }),
    renderTools: async () => ({}),
    repository: async (wish, signal) => {
      const { openRepository } = await import("./repositories.ts");
      return await openRepository(wish, clock, signal);
    },
    contexts: async () => ({ names: [], current: undefined }),
    connect: async () => {
      throw new CliError({ what: "not there yet" });
    },
    readText,
    async writeText(path, text) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    },
  };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
