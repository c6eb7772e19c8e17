import { Worker } from "node:worker_threads";
import type { Emit } from "../model/event.ts";
import { errorCode, SourceError } from "./errors.ts";
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
    resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 },
  });
}

export interface WorkerPorts {
  readonly credential: () => Promise<BasicCredential | undefined>;
  readonly spawn: SpawnWorker;
  readonly emit?: Emit | undefined;
}

/** The source in a worker thread; a worker that ends is replaced and its calls are made once more (G31). */
export function createWorkerSource(settings: WorkerSettings, ports: WorkerPorts): ConfigSource {
  let thread: Thread | undefined;
  let isClosed = false;

  function running(): Thread {
    if (thread?.isEnded() === false) return thread;
    thread = startThread(ports.spawn(settings), (why) => {
      if (isClosed) return;
      ports.emit?.({
        type: "error",
        message: `The Git worker stopped (${why}); it is replaced.`,
      });
    });
    return thread;
  }

  async function send(request: Request): Promise<unknown> {
    request.signal.throwIfAborted();
    const credential = await ports.credential();
    if (isClosed) throw new Error("The Git source is closed.");
    return running().ask(request, credential);
  }

  async function call(request: Request): Promise<unknown> {
    try {
      return await send(request);
    } catch (error) {
      if (!(error instanceof WorkerEnded) || isClosed) throw error;
    }
    return send(request).catch((error: unknown) => {
      throw error instanceof WorkerEnded ? endedTwice(settings, error) : error;
    });
  }

  async function close(): Promise<void> {
    isClosed = true;
    await thread?.end();
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

function endedTwice({ url }: WorkerSettings, cause: WorkerEnded): SourceError {
  return new SourceError(
    "SourceInvalid",
    `The Git worker stopped twice over ${url} (${cause.message}); the repository may be too large for its memory.`,
    { cause, fault: "worker" },
  );
}

/** One worker and the calls that wait for it. */
interface Thread {
  ask(request: Request, credential: BasicCredential | undefined): Promise<unknown>;
  isEnded(): boolean;
  end(): Promise<void>;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

function startThread(worker: Worker, onEnd: (why: string) => void): Thread {
  const pending = new Map<number, Pending>();
  let isEnded = false;
  let why = "it was ended";
  let lastId = 0;

  function take(id: number): Pending | undefined {
    const waiting = pending.get(id);
    pending.delete(id);
    // An idle worker keeps no process alive.
    if (pending.size === 0) worker.unref();
    return waiting;
  }

  worker.on("message", (message: FromWorker) => {
    const waiting = take(message.id);
    if (message.type === "done") waiting?.resolve(message.value);
    else waiting?.reject(fromFailure(message.failure));
  });
  worker.on("error", (error: Error) => {
    why = errorCode(error) ?? error.message;
  });
  worker.on("exit", () => {
    isEnded = true;
    onEnd(why);
    for (const { reject } of pending.values()) reject(new WorkerEnded(why));
    pending.clear();
  });
  worker.unref();

  function ask(
    { call, signal }: Request,
    credential: BasicCredential | undefined,
  ): Promise<unknown> {
    const id = ++lastId;
    const message: CallMessage = { type: "call", id, call, credential };
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const abort = () => {
      worker.postMessage({ type: "abort", id });
      take(id)?.reject(signal.reason);
    };
    pending.set(id, { resolve, reject });
    signal.addEventListener("abort", abort, { once: true });
    worker.ref();
    worker.postMessage(message);
    return promise.finally(() => signal.removeEventListener("abort", abort));
  }

  return {
    ask,
    isEnded: () => isEnded,
    end: async () => {
      await worker.terminate();
    },
  };
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
