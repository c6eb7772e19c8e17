import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { Clock } from "../schedule/clock.ts";
import { keepFirst } from "./output.ts";
import { footprintOf } from "./process-tree.ts";

/** Security §12. */
export interface ChildLimits {
  readonly timeMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Resident memory of the child and all that it started. */
  readonly memoryBytes: number;
  readonly processes: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
}

export const childLimits: ChildLimits = {
  timeMs: 60_000,
  graceMs: 2_000,
  memoryBytes: 512 * 1024 * 1024,
  processes: 32,
  stdoutBytes: 20 * 1024 * 1024,
  stderrBytes: 64 * 1024,
};

export interface Command {
  /** Absolute; no shell reads it. */
  readonly path: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** The whole environment: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Only `complete` says that stdout is whole: the stream ended, exit 0, no signal, nothing left running (R12). */
export type Ended =
  | { readonly how: "complete"; readonly stdout: Buffer; readonly stderr: string }
  | { readonly how: "failed"; readonly why: string; readonly stderr: string }
  | { readonly how: "limit"; readonly why: string; readonly stderr: string }
  | { readonly how: "absent"; readonly why: string };

interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly limits: ChildLimits;
  readonly clock: Clock;
  /** Of the kill, if it comes to that: the first reason counts. */
  over: string | undefined;
  /** Stops the watch when the child has ended. */
  readonly end: AbortController;
}

/** Runs one child to its end, whatever that takes; it never outlives the call. Throws only the signal's reason. */
export async function runChild(
  command: Command,
  { clock, limits = childLimits }: { readonly clock: Clock; readonly limits?: ChildLimits },
  signal: AbortSignal,
): Promise<Ended> {
  signal.throwIfAborted();
  const child = start(command);
  if (child instanceof Error) return { how: "absent", why: child.message };
  const running: Running = { child, limits, clock, over: undefined, end: new AbortController() };
  const stderr = keepFirst(child.stderr, limits.stderrBytes, () => undefined);
  const stdout = keepFirst(child.stdout, limits.stdoutBytes, () => {
    const most = limits.stdoutBytes / 1024 / 1024;
    return stop(running, `it printed more than ${most} MiB`);
  });
  const stopped = (): void => void stop(running, "it was stopped");
  signal.addEventListener("abort", stopped, { once: true });
  try {
    const [exit] = await Promise.all([exitOf(running), watch(running)]);
    signal.throwIfAborted();
    return judged(running, exit, { stdout: stdout(), stderr: stderr().data.toString("utf8") });
  } finally {
    signal.removeEventListener("abort", stopped);
  }
}

function start({ path, args, folder, environment }: Command): Running["child"] | Error {
  try {
    return spawn(path, [...args], {
      cwd: folder,
      env: { ...environment },
      shell: false,
      // A group of its own: whatever it starts is killed with it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    // Node throws for some errors of the system, such as a binary of another machine type, and tells others by an event.
    return error instanceof Error ? error : new Error(String(error));
  }
}

interface Exit {
  readonly error?: Error;
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  /** Both pipes ended by themselves. */
  readonly isWhole: boolean;
}

/** Waits for the end of the process and of its pipes; a grandchild that keeps them open gets a moment, then the end. */
async function exitOf(running: Running): Promise<Exit> {
  const { child, clock, limits, end } = running;
  const { promise: closed, resolve: close } = Promise.withResolvers<boolean>();
  const { promise, resolve } = Promise.withResolvers<Omit<Exit, "isWhole">>();
  child.once("error", (error) => {
    resolve({ error, code: null, killedBy: null });
    close(false);
  });
  child.once("exit", (code, killedBy) => resolve({ code, killedBy }));
  child.once("close", () => close(true));
  const exit = await promise;
  const wait = (ms: number): Promise<boolean> =>
    clock.sleep(ms, end.signal).then(
      () => false,
      () => false,
    );
  let isWhole = await Promise.race([closed, wait(limits.graceMs)]);
  // With nobody left, it is we who are slow to read.
  if (!isWhole && !isGroupAlive(child.pid)) {
    isWhole = await Promise.race([closed, wait(5 * limits.graceMs)]);
  }
  end.abort();
  killGroup(child.pid, "SIGKILL");
  child.stdout.destroy();
  child.stderr.destroy();
  return { ...exit, isWhole };
}

function judged(
  { over }: Running,
  { error, code, killedBy, isWhole }: Exit,
  { stdout, stderr }: { readonly stdout: { readonly data: Buffer }; readonly stderr: string },
): Ended {
  if (error !== undefined) return { how: "absent", why: error.message };
  if (over !== undefined) return { how: "limit", why: over, stderr };
  // By the kernel, most likely, for want of memory: another time it may go well.
  if (killedBy !== null) return { how: "limit", why: `${killedBy} was sent to it`, stderr };
  if (code !== 0) return { how: "failed", why: `it ended with code ${code}`, stderr };
  if (!isWhole) return { how: "limit", why: "it left something running behind", stderr };
  return { how: "complete", stdout: stdout.data, stderr };
}

/** Ten times a second: time, memory and number of processes (security §12). */
async function watch(running: Running): Promise<void> {
  const { child, clock, limits, end } = running;
  const started = clock.monotonic();
  while (!end.signal.aborted) {
    await clock.sleep(100, end.signal).catch(() => undefined);
    if (end.signal.aborted || child.pid === undefined) return;
    const over =
      clock.monotonic() - started > limits.timeMs
        ? `it took longer than ${limits.timeMs / 1000} s`
        : await tooLarge(child.pid, limits);
    if (over !== undefined) return stop(running, over);
  }
}

async function tooLarge(pid: number, limits: ChildLimits): Promise<string | undefined> {
  const { residentBytes, processes } = await footprintOf(pid, limits.processes + 1);
  if (processes > limits.processes) return `it started more than ${limits.processes} processes`;
  if (residentBytes <= limits.memoryBytes) return undefined;
  return `it took more than ${Math.round(limits.memoryBytes / 1024 / 1024)} MiB of memory`;
}

/** Asks the group to end, then makes it (C19). */
async function stop(running: Running, why: string): Promise<void> {
  const { child, clock, limits, end } = running;
  if (running.over !== undefined || end.signal.aborted) return;
  running.over = why;
  // A bomb goes on while it is asked.
  const first = why.includes("processes") ? "SIGKILL" : "SIGTERM";
  killGroup(child.pid, first);
  await clock.sleep(limits.graceMs, end.signal).catch(() => undefined);
  // Once it has ended, its number may be somebody else's.
  if (!end.signal.aborted) killGroup(child.pid, "SIGKILL");
}

function isGroupAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: everybody has gone.
  }
}
