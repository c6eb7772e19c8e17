import { workerData } from "node:worker_threads";
import type { Parsed } from "../model/problem.ts";
import { createHasher } from "./hasher.ts";
import { type Manifests, type RenderJob, runRender } from "./manifests.ts";

/** Tinypool hands over what the pool was made with as the second item. */
const [, { key }] = workerData as readonly [unknown, { readonly key: Uint8Array }];
const hasher = createHasher(key);

/** One render in a thread of its own: YAML and hashing leave the event loop to watches and probes. */
export async function run(job: RenderJob): Promise<Parsed<Manifests>> {
  return runRender(job, { hasher, tools: {} }, new AbortController().signal);
}

/** By now everything that a render needs is loaded. */
export function warm(): void {}
