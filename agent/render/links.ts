import type { Files, Tree } from "../model/artifact.ts";
import type { Parsed, Problem } from "../model/problem.ts";

const hopLimit = 8;

/** Paths of the links below some folders: what to read before `resolveLinks`. */
export function linkPaths(tree: Tree, roots: readonly string[]): readonly string[] {
  return [...tree].flatMap(([path, { mode }]) =>
    mode === "120000" && isBelow(path, roots) ? [path] : [],
  );
}

/**
 * For each link below `roots` the file or folder it stands for, or why it stands for none (NEG-02): inside the roots, at
 * most 8 links on the way, no link outside the roots is ever looked at. `contents` holds what `linkPaths` named.
 */
export function resolveLinks(
  tree: Tree,
  contents: Files,
  roots: readonly string[],
): ReadonlyMap<string, Parsed<string>> {
  const folders = foldersOf(tree);
  const context: Context = { tree, contents, roots, folders };
  return new Map(linkPaths(tree, roots).map((path) => [path, resolveLink(context, path)]));
}

interface Context {
  readonly tree: Tree;
  readonly contents: Files;
  readonly roots: readonly string[];
  readonly folders: ReadonlySet<string>;
}

function resolveLink(context: Context, path: string): Parsed<string> {
  const target = follow(context, path);
  if (typeof target === "string") return { ok: true, value: target };
  return { ok: false, problems: [target.problem] };
}

interface Fault {
  readonly problem: Problem;
}

/** Walks the path part by part, as a file system would; each link puts its own parts in front of the rest. */
function follow(context: Context, path: string): string | Fault {
  const walk: Walk = { path, rest: path.split("/"), done: [], hops: 0 };
  while (walk.rest.length > 0) {
    const problem = step(context, walk);
    if (problem !== undefined) return problem;
  }
  return arrived(context, path, walk.done.join("/"));
}

interface Walk {
  readonly path: string;
  readonly rest: string[];
  readonly done: string[];
  hops: number;
}

function step(context: Context, walk: Walk): Fault | undefined {
  const part = walk.rest.shift() ?? "";
  if (part === "" || part === ".") return undefined;
  if (part === "..") {
    return walk.done.pop() === undefined
      ? fault(walk.path, "leads out of the repository")
      : undefined;
  }
  walk.done.push(part);
  const here = walk.done.join("/");
  if (context.tree.get(here)?.mode !== "120000") return undefined;
  walk.hops += 1;
  const target = walk.hops > hopLimit ? tooLong(walk.path) : targetOf(context, walk.path, here);
  if (typeof target !== "string") return target;
  walk.done.pop();
  walk.rest.unshift(...target.split("/"));
  return undefined;
}

function targetOf({ contents, roots }: Context, path: string, link: string): string | Fault {
  if (!isBelow(link, roots))
    return fault(path, "leads to a link outside of what this app may read");
  const raw = contents.get(link);
  const target = raw === undefined ? undefined : decode(raw);
  if (target === undefined || target === "" || target.length > 4096) {
    return fault(path, "has no readable target");
  }
  if (target.startsWith("/")) return fault(path, "leads out of the repository");
  return target;
}

function decode(raw: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(raw);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

function arrived({ tree, folders, roots }: Context, path: string, target: string): string | Fault {
  if (!isBelow(target, roots)) return fault(path, "leads out of what this app may read");
  const mode = tree.get(target)?.mode;
  if (mode === "160000") return fault(path, "leads to a submodule, which is never followed");
  if (mode === undefined && !folders.has(target)) return fault(path, "leads to nothing");
  if (`${path}/`.startsWith(`${target}/`)) return fault(path, "leads to a folder that holds it");
  return target;
}

function tooLong(path: string): Fault {
  return fault(path, `goes through more than ${hopLimit} links, or in a circle`);
}

function fault(file: string, why: string): Fault {
  const message = `The link ${file} ${why}.`;
  return { problem: { reason: "RenderFailed", message, file, next: "Put the file itself there." } };
}

function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => root === "" || path === root || path.startsWith(`${root}/`));
}

function foldersOf(tree: Tree): ReadonlySet<string> {
  const folders = new Set<string>([""]);
  for (const path of tree.keys()) {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1))
      folders.add(path.slice(0, at));
  }
  return folders;
}
