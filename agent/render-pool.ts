import { Tinypool } from "tinypool";
import { createHasher } from "./hasher.ts";
import type { Manifests } from "./manifests.ts";
import { type RenderJob, type RunRender, runRender } from "./manifests.ts";
import type { Parsed } from "./model/problem.ts";
import { rendererOf } from "./render/files.ts";
import type { RenderTools } from "./render/tool.ts";

const limitMs = 30_000;
const heapMiB = 512;

export interface RenderPool {
  readonly run: RunRender;
  close(): Promise<void>;
}

/**
 * Renders in worker threads, replaced at the deadline or the heap limit (security §3). Apps of helm and kustomize run
 * here: their work is done in children.
 */
export function createRenderPool(key: Uint8Array, tools: RenderTools): RenderPool {
  const file = import.meta.url.endsWith(".ts") ? "./render-worker.ts" : "./render-worker.js";
  const pool = new Tinypool({
    filename: new URL(file, import.meta.url).href,
    name: "run",
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: 60_000,
    workerData: { key },
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  const hasher = createHasher(key);
  return {
    run: async (job, signal) =>
      rendererOf(job.unit, job.tree) === "plain"
        ? inWorker(pool, job, signal)
        : runRender(job, { hasher, tools }, signal),
    close: () => pool.destroy(),
  };
}

async function inWorker(
  pool: Tinypool,
  job: RenderJob,
  signal: AbortSignal,
): Promise<Parsed<Manifests>> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  try {
    return (await pool.run(job, { signal: deadline })) as Parsed<Manifests>;
  } catch (error) {
    signal.throwIfAborted();
    const why = deadline.aborted ? `it took longer than ${limitMs / 1000} s` : String(error);
    const message = `${job.unit.app} cannot be rendered within the limits: ${why}`;
    return { ok: false, problems: [{ reason: "RenderLimit", file: job.unit.file, message }] };
  }
}
