import { Tinypool } from "tinypool";
import type { Parsed } from "../model/problem.ts";
import { rendererOf } from "../render/files.ts";
import { runTool } from "../render/render.ts";
import type { RenderTools } from "../render/tool.ts";
import { createHasher } from "./hasher.ts";
import type { Manifests, RenderJob, RunRender } from "./manifests.ts";
import { createRenderCache, type RenderCache } from "./render-cache.ts";

const limitMs = 30_000;
const heapMiB = 512;
const idleMs = 1000;
/** Node would let garbage grow to several times this before it looks. */
const youngMiB = 16;

export interface RenderPool {
  readonly run: RunRender;
  /** Starts a worker that waits a moment for work: it is loaded while Git is still asked. */
  warm(): void;
  close(): Promise<void>;
}

/**
 * Renders in worker threads, replaced at the deadline or the heap limit (security §3). Helm and kustomize print in
 * children first; what they print is read in a worker like any file. The same input is not rendered twice.
 */
export function createRenderPool(key: Uint8Array, tools: RenderTools): RenderPool {
  const file = import.meta.url.endsWith(".ts") ? "./render-worker.ts" : "./render-worker.js";
  const pool = new Tinypool({
    filename: new URL(file, import.meta.url).href,
    name: "run",
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: idleMs,
    workerData: { key },
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: heapMiB, maxYoungGenerationSizeMb: youngMiB },
  });
  const cache = createRenderCache(createHasher(key));
  return {
    run: (job, signal) => runOnce({ pool, tools, cache }, job, signal),
    warm: () => {
      pool.run(undefined, { name: "warm" }).catch(() => undefined); // a render will tell
    },
    close: () => pool.destroy(),
  };
}

interface Parts {
  readonly pool: Tinypool;
  readonly tools: RenderTools;
  readonly cache: RenderCache;
}

async function runOnce(
  { pool, tools, cache }: Parts,
  job: RenderJob,
  signal: AbortSignal,
): Promise<Parsed<Manifests>> {
  const { unit, files, tree, capabilities } = job;
  const renderer = rendererOf(unit, tree);
  const tool = renderer === "plain" ? undefined : tools[renderer];
  const version = (await tool?.version(signal)) ?? { ok: true, value: "" };
  const key = version.ok ? cache.keyOf(job, version.value) : undefined;
  const found = key === undefined ? undefined : cache.find(job, key);
  if (found !== undefined) return { ok: true, value: found };
  const asked = capabilities === undefined ? {} : { capabilities };
  const texts = await runTool(unit, files, { tree, tools, signal, ...asked });
  if (!texts.ok) return texts;
  const rendered = await inWorker(pool, { ...job, texts: texts.value }, signal);
  if (rendered.ok && key !== undefined) cache.put(key, rendered.value);
  return rendered;
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
