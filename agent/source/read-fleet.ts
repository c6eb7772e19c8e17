import { documentPaths, type Fleet, parseFleet } from "../fleet/fleet.ts";
import type { Parsed } from "../model/problem.ts";
import type { ConfigSource } from "./source.ts";

/** The documents of one commit; not ok: fleet.yaml is missing or invalid, and the caller keeps its last good fleet (R26). */
export async function readFleet(
  source: ConfigSource,
  commit: string,
  signal: AbortSignal,
): Promise<Parsed<Fleet>> {
  const tree = await source.tree(commit, signal);
  const first = documentPaths(tree, undefined);
  if (!first.ok) return first;
  const head = await source.read(commit, first.value, signal);
  const all = documentPaths(tree, head.get("fleet.yaml"));
  if (!all.ok) return all;
  return parseFleet(tree, await source.read(commit, all.value, signal));
}
