import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type GitServer, startGitServer } from "./git-server.ts";

const run = promisify(execFile);

/** A config repository as a person works with it: a clone, and the server that agents fetch from. */
export class Repository {
  readonly server: GitServer;
  readonly url: string;
  /** The work tree. */
  readonly folder: string;
  readonly #home: string;

  private constructor(server: GitServer, home: string) {
    this.server = server;
    this.#home = home;
    this.url = `${server.url}/config.git`;
    this.folder = join(home, "work");
  }

  /** Bare repository, work tree and server below `parent`; branch `main`, no commit yet. */
  static async create(parent: string): Promise<Repository> {
    const home = await mkdtemp(join(parent, "git-"));
    const bare = join(home, "config.git");
    await run("git", ["init", "--quiet", "--bare", "--initial-branch=main", bare]);
    // Tests delete the branch that everyone follows.
    await run("git", ["-C", bare, "config", "receive.denyDeleteCurrent", "ignore"]);
    const repository = new Repository(await startGitServer(home), home);
    await run("git", ["init", "--quiet", "--initial-branch=main", repository.folder]);
    await repository.git("config", "user.name", "Ana");
    await repository.git("config", "user.email", "ana@example.com");
    await repository.git("remote", "add", "origin", bare);
    return repository;
  }

  async git(...args: readonly string[]): Promise<string> {
    return (await run("git", ["-C", this.folder, ...args], { maxBuffer: 1 << 26 })).stdout.trim();
  }

  /** Files by path; an object is written as JSON, which is YAML. Undefined removes the file or folder. */
  async write(
    files: Readonly<Record<string, string | Uint8Array | object | undefined>>,
  ): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      const target = join(this.folder, path);
      if (content === undefined) {
        await rm(target, { recursive: true, force: true });
        continue;
      }
      await mkdir(dirname(target), { recursive: true });
      const isText = typeof content === "string" || content instanceof Uint8Array;
      await writeFile(target, isText ? content : `${JSON.stringify(content, undefined, 2)}\n`);
    }
  }

  async copy(from: string, path: string): Promise<void> {
    await cp(from, join(this.folder, path), { recursive: true });
  }

  /** Commits everything and pushes; the new commit's id. */
  async push(message: string): Promise<string> {
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--allow-empty", "--message", message);
    await this.git("push", "--quiet", "origin", "HEAD:main");
    return this.git("rev-parse", "HEAD");
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.#home, { recursive: true, force: true });
  }
}
