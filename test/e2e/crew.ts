import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Member {
  readonly name: string;
  readonly child: ChildProcess;
  readonly log: string;
  readonly ended: Promise<void>;
}

/** Long-running processes of one control plane: each with a log file, all stopped by id, in reverse order of their start. */
export class Crew {
  readonly folder: string;
  readonly #members: Member[] = [];
  readonly #reaper: ChildProcess;
  #isStopping = false;
  #failure: Error | undefined;

  constructor(folder: string) {
    this.folder = folder;
    this.#reaper = spawn(process.execPath, [join(import.meta.dirname, "reaper.ts")], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    this.#reaper.unref();
    const pipe = this.#reaper.stdin;
    if (pipe !== null && "unref" in pipe && typeof pipe.unref === "function") pipe.unref();
    this.#tell(`folder ${folder}`);
  }

  start(name: string, program: string, args: readonly string[]): void {
    const log = join(this.folder, `${name}.log`);
    const output = openSync(log, "a");
    const child = spawn(program, args, { cwd: this.folder, stdio: ["ignore", output, output] });
    closeSync(output);
    const ended = new Promise<void>((resolve) => {
      child.on("error", (error) => {
        this.#failure ??= new Error(`${name} cannot be started`, { cause: error });
        resolve();
      });
      child.on("exit", (code, signal) => {
        this.#tell(`ended ${child.pid}`);
        if (!this.#isStopping && this.#members.some((one) => one.child === child)) {
          this.#failure ??= new Error(
            `${name} ended with ${signal ?? code}; its log ends:\n${tail(log)}`,
          );
        }
        resolve();
      });
    });
    this.#members.push({ name, child, log, ended });
    if (child.pid !== undefined) this.#tell(`started ${child.pid}`);
  }

  /** SIGSTOP and SIGCONT: as a machine that stands still. */
  signal(name: string, signal: "SIGSTOP" | "SIGCONT"): void {
    this.#named(name).child.kill(signal);
  }

  /** SIGKILL, as a machine that lost its power; may be started again under its name. */
  async end(name: string): Promise<void> {
    const member = this.#named(name);
    this.#members.splice(this.#members.indexOf(member), 1);
    member.child.kill("SIGKILL");
    await member.ended;
  }

  #named(name: string): Member {
    const member = this.#members.find((one) => one.name === name);
    if (member === undefined) throw new Error(`${name} does not run`);
    return member;
  }

  /** Throws with the end of its log if a process is gone that should be running. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Polls until `ready`; a process that dies meanwhile ends the wait. */
  async until(what: string, ready: () => Promise<boolean>, timeoutMs = 120_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!(await ready().catch(() => false))) {
      this.check();
      if (Date.now() > end) throw new Error(`${what} did not come in ${timeoutMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.check();
  }

  /** SIGKILL: an API server drains its watches for up to a minute on SIGTERM. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { child, ended } of this.#members.toReversed()) {
      if (child.pid !== undefined && child.exitCode === null) child.kill("SIGKILL");
      await ended;
    }
    this.#reaper.stdin?.end();
  }

  #tell(line: string): void {
    this.#reaper.stdin?.write(`${line}\n`);
  }
}

/** The last lines of a log. */
export function tail(path: string, lines = 15): string {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}
