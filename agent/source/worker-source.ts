import { Worker } from "node:worker_threads";
import type { Emit } from "../model/event.ts";
import { SourceError } from "./errors.ts";
import type { ConfigSource } from "./source.ts";
import type { BasicCredential } from "./transport.ts";
import {
  type Call,
  type CallMessage,
  type FromWorker,
  fromFailure,
  type WorkerSettings,
} from "./worker-protocol.ts";

export type SpawnWorker = (settings: WorkerSettings) => Worker;

/** A real thread with a heap limit. What it prints goes nowhere: its errors come as messages. */
export function spawnSourceWorker(settings: WorkerSettings): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  return new Worker(new URL(file, import.meta.url), {
    workerData: settings,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
}

export interface WorkerPorts {
  readonly credential: () => Promise<BasicCredential | undefined>;
  readonly spawn: SpawnWorker;
  readonly emit?: Emit | undefined;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One worker and the calls that wait for it. */
interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
}

/** The source in a worker thread; a worker that ends is replaced and its calls are made once more (G31). */
export function createWorkerSource(settings: WorkerSettings, ports: WorkerPorts): ConfigSource {
  let thread: Thread | undefined;
  let isClosed = false;
  let lastId = 0;

  function running(): Thread {
    thread ??= start();
    return thread;
  }

  function start(): Thread {
    const worker = ports.spawn(settings);
    const started: Thread = { worker, pending: new Map() };
    let why = "it ended";
    worker.on("message", (message: FromWorker) => settle(started, message));
    worker.on("error", (error: Error & { code?: string }) => {
      why = error.code ?? error.message;
    });
    worker.on("exit", () => {
      if (thread === started) thread = undefined;
      if (!isClosed)
        ports.emit?.({
          type: "error",
          message: `The Git worker stopped (${why}); it is replaced.`,
        });
      for (const { reject } of started.pending.values()) reject(new WorkerEnded(why));
      started.pending.clear();
    });
    worker.unref();
    return started;
  }

  async function send(request: Request): Promise<unknown> {
    const { call, signal } = request;
    signal.throwIfAborted();
    const credential = await ports.credential();
    const { worker, pending } = running();
    const id = ++lastId;
    const message: CallMessage = { type: "call", id, call, credential };
    return new Promise((resolve, reject) => {
      const abort = () => {
        worker.postMessage({ type: "abort", id });
        pending.delete(id);
        if (pending.size === 0) worker.unref();
        reject(signal.reason);
      };
      const end = () => signal.removeEventListener("abort", abort);
      pending.set(id, {
        resolve: (value) => (end(), resolve(value)),
        reject: (error) => (end(), reject(error)),
      });
      signal.addEventListener("abort", abort, { once: true });
      worker.ref();
      worker.postMessage(message);
    });
  }

  async function call(request: Request): Promise<unknown> {
    try {
      return await send(request);
    } catch (error) {
      if (!(error instanceof WorkerEnded) || isClosed) throw error;
    }
    try {
      return await send(request);
    } catch (error) {
      if (!(error instanceof WorkerEnded)) throw error;
      throw new SourceError(
        "SourceInvalid",
        `The Git worker stopped twice over ${settings.url} (${error.message}); the repository may be too large for its memory.`,
        { cause: error, fault: "worker" },
      );
    }
  }

  async function close(): Promise<void> {
    isClosed = true;
    await thread?.worker.terminate();
  }

  return { ...typed(call), close };
}

interface Request {
  readonly call: Call;
  readonly signal: AbortSignal;
}

class WorkerEnded extends Error {
  override readonly name = "WorkerEnded";
}

function settle({ worker, pending }: Thread, message: FromWorker): void {
  const waiting = pending.get(message.id);
  pending.delete(message.id);
  if (pending.size === 0) worker.unref();
  if (message.type === "done") waiting?.resolve(message.value);
  else waiting?.reject(fromFailure(message.failure));
}

/** The messages carry structured clones of what `createRepository` returns, so each method's type is that of the port. */
function typed(call: (request: Request) => Promise<unknown>): Omit<ConfigSource, "close"> {
  function ask<T>(asked: Call, signal: AbortSignal): Promise<T> {
    return call({ call: asked, signal }) as Promise<T>;
  }
  return {
    poll: (signal) => ask({ method: "poll", args: [] }, signal),
    commit: (id, signal) => ask({ method: "commit", args: [id] }, signal),
    tree: (commit, signal) => ask({ method: "tree", args: [commit] }, signal),
    read: (commit, paths, signal) => ask({ method: "read", args: [commit, paths] }, signal),
    contains: (commit, ancestor, signal) =>
      ask({ method: "contains", args: [commit, ancestor] }, signal),
    log: (range, signal) => ask({ method: "log", args: [range] }, signal),
  };
}
