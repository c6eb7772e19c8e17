import type { Emit } from "../model/event.ts";
import type { Clock } from "../schedule/clock.ts";
import { fullRef, parseAddress } from "./address.ts";
import { realDisk } from "./disk.ts";
import { defaultLimits, type SourceLimits } from "./limits.ts";
import type { ConfigSource } from "./source.ts";
import type { BasicCredential } from "./transport.ts";
import { createWorkerSource, type SpawnWorker, spawnSourceWorker } from "./worker-source.ts";

/** Asked before every exchange, so that a renewed credential counts at once. */
export interface GitCredential {
  /** Forges that take tokens accept any name; default `git`. */
  readonly username?: string | undefined;
  readonly password: () => string | undefined | Promise<string | undefined>;
}

export interface GitSourceOptions {
  /** https, or http to loopback; without credential. */
  readonly url: string;
  /** A branch, or a full ref name such as `refs/tags/v1`. */
  readonly ref: string;
  readonly credential?: GitCredential | undefined;
  /** PEM. */
  readonly ca?: string | undefined;
  /** A folder of this source's own. */
  readonly storePath: string;
  readonly limits?: Partial<SourceLimits> | undefined;
  /** `false`: in this thread (tests). Default: a worker thread with a heap limit. */
  readonly worker?: boolean | undefined;
  readonly spawn?: SpawnWorker | undefined;
  readonly clock: Clock;
  readonly emit?: Emit | undefined;
}

/** The config repository over https. Throws SourceError (`SourceInvalid`) for an address or ref that is refused; connects to nothing yet. */
export function createGitSource(options: GitSourceOptions): ConfigSource {
  parseAddress(options.url);
  fullRef(options.ref);
  const limits: SourceLimits = { ...defaultLimits, ...options.limits };
  const credential = () => currentCredential(options.credential);
  const { url, ref, storePath, ca, clock } = options;
  if (options.worker === false) {
    return inThisThread(async () => {
      const { createRepository } = await import("./repository.ts");
      const place = { url, ref, storePath, ca, disk: realDisk };
      return createRepository({ ...place, clock, limits, credential });
    });
  }
  const spawn = options.spawn ?? spawnSourceWorker;
  return createWorkerSource(
    { url, ref, storePath, ca, limits },
    { credential, spawn, emit: options.emit },
  );
}

/** What to show now; undefined: nothing. */
/** Git is loaded when it is first asked: an agent has it in its worker, and no second one in its own memory. */
function inThisThread(make: () => Promise<ConfigSource>): ConfigSource {
  let made: Promise<ConfigSource> | undefined;
  const source = (): Promise<ConfigSource> => {
    made ??= make();
    return made;
  };
  return {
    poll: async (...asked) => (await source()).poll(...asked),
    commit: async (...asked) => (await source()).commit(...asked),
    tree: async (...asked) => (await source()).tree(...asked),
    read: async (...asked) => (await source()).read(...asked),
    contains: async (...asked) => (await source()).contains(...asked),
    log: async (...asked) => (await source()).log(...asked),
    close: async () => (await made)?.close(),
  };
}

export async function currentCredential(
  given: GitCredential | undefined,
): Promise<BasicCredential | undefined> {
  const password = await given?.password();
  if (password === undefined || password === "") return undefined;
  return { username: given?.username ?? "git", password };
}
