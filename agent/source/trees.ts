import type { Tree, TreeEntry } from "../model/artifact.ts";
import { invalid } from "./errors.ts";
import { parseTree } from "./objects.ts";

/** A tree may name the same subtree many times: paths are what grows, so paths are counted. */
const pathLimit = 200_000;
const depthLimit = 100;

/** Content of a tree object, checked against its id. */
export type ReadTree = (id: string) => Promise<Uint8Array>;

/** All files below a root tree by path, sorted by path (code units). Throws for hostile names, absurd depth or count. */
export async function walkTree(readTree: ReadTree, root: string): Promise<Tree> {
  const files: (readonly [string, TreeEntry])[] = [];
  const open: { id: string; folder: string; depth: number }[] = [
    { id: root, folder: "", depth: 0 },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { id, folder, depth } = next;
    if (depth > depthLimit) throw invalid(`The folder "${folder}" is nested too deeply.`, "limit");
    for (const entry of parseTree(await readTree(id), folder)) {
      const path = folder + entry.name;
      if (entry.mode === "40000") open.push({ id: entry.id, folder: `${path}/`, depth: depth + 1 });
      else files.push([path, { mode: entry.mode, id: entry.id }]);
    }
    if (files.length + open.length > pathLimit) {
      throw invalid(`The commit has more than ${pathLimit} files.`, "limit");
    }
  }
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}
