import type { Files, Tree } from "../model/artifact.ts";
import type { Parsed, Problem } from "../model/problem.ts";

/** The config repository as read at one commit. A document with problems is missing in the maps and named in `problems`. */
export interface Fleet {
  readonly name: string;
  readonly environmentLabel: string;
  readonly tree: Tree;
  readonly problems: readonly Problem[];
}

/** Paths of the documents to read: `fleet.yaml`, and what lies below its folders. Call it twice: first without its bytes. */
export function documentPaths(
  _tree: Tree,
  _fleetFile: Uint8Array | undefined,
): Parsed<readonly string[]> {
  throw new Error("not there yet");
}

/** Not ok: fleet.yaml itself is missing or invalid, and the caller keeps its last good fleet (R26). */
export function parseFleet(_tree: Tree, _files: Files): Parsed<Fleet> {
  throw new Error("not there yet");
}
