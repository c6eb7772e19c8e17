import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isJsonObject, parseJson } from "../model/json.ts";
import type { Clock } from "../schedule/clock.ts";
import type { Timeline } from "./timeline.ts";

/** A backup that is younger than this is not worth a write to the disk every few seconds. */
const everyMs = 30_000;

/**
 * The version of the Lease beside the Git store, so that an agent which comes back to its volume knows that the cluster
 * went back while it was down (C-18). As lossy as the store: without it a start is a start.
 */
export function rememberedBy(
  timeline: Timeline,
  { path, clock }: { readonly path: string; readonly clock: Clock },
): Pick<Timeline, "saw"> {
  const last = read(path);
  if (last !== undefined) timeline.saw(last.what, last.version);
  timeline.onBack(() => rmSync(path, { force: true }));
  let dueMs = Number.NEGATIVE_INFINITY;
  return {
    saw: (what, version) => {
      timeline.saw(what, version);
      if (timeline.wentBack() !== undefined || clock.monotonic() < dueMs) return;
      dueMs = clock.monotonic() + everyMs;
      write(path, { what, version });
    },
  };
}

interface Last {
  readonly what: string;
  readonly version: string;
}

function read(path: string): Last | undefined {
  try {
    const found = parseJson(readFileSync(path, "utf8"));
    if (!isJsonObject(found)) return undefined;
    const { what, version } = found;
    return typeof what === "string" && typeof version === "string" ? { what, version } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isOfDisk(error)) return undefined; // none yet, or cut short
    throw error;
  }
}

function write(path: string, last: Last): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(last));
  } catch (error) {
    if (!isOfDisk(error)) throw error; // a full or read-only volume: the Git store says so
  }
}

function isOfDisk(error: unknown): boolean {
  return error instanceof Error && "code" in error;
}
