import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { realDisk } from "./disk.ts";
import { createRepository } from "./repository.ts";
import type { ConfigSource } from "./source.ts";
import type { BasicCredential } from "./transport.ts";
import {
  type Call,
  type CallMessage,
  type FromWorker,
  type ToWorker,
  toFailure,
  type WorkerSettings,
} from "./worker-protocol.ts";

/** Entry of the Git worker: a repository source behind messages. It keeps its own time, as a clock cannot cross threads. */
function serve(port: MessagePort, settings: WorkerSettings): void {
  let credential: BasicCredential | undefined;
  const source = createRepository({
    ...settings,
    disk: realDisk,
    clock: {
      now: () => Math.round(performance.timeOrigin + performance.now()),
      monotonic: () => performance.now(),
    },
    credential: async () => credential,
  });
  const running = new Map<number, AbortController>();

  async function answer({ id, call }: CallMessage): Promise<FromWorker> {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const value = await dispatch(source, call, controller.signal);
      return { type: "done", id, value };
    } catch (error) {
      return { type: "failed", id, failure: toFailure(error) };
    } finally {
      running.delete(id);
    }
  }

  port.on("message", (message: ToWorker) => {
    if (message.type === "abort") return running.get(message.id)?.abort();
    credential = message.credential;
    void answer(message).then((reply) => port.postMessage(reply));
  });
}

function dispatch(source: ConfigSource, call: Call, signal: AbortSignal): Promise<unknown> {
  switch (call.method) {
    case "poll":
      return source.poll(signal);
    case "commit":
      return source.commit(...call.args, signal);
    case "tree":
      return source.tree(...call.args, signal);
    case "read":
      return source.read(...call.args, signal);
    case "contains":
      return source.contains(...call.args, signal);
    case "log":
      return source.log(...call.args, signal);
  }
}

if (parentPort !== null) serve(parentPort, workerData);
