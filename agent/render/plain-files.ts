import type { Files, Tree } from "../model/artifact.ts";
import { isInside } from "../model/paths.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";
import { isLink, readable } from "./files.ts";
import { resolveLinks } from "./links.ts";

/**
 * All that a unit may read, as plain files: a link becomes a copy of what it stands for, and a folder behind a link its files
 * (NEG-02). A link that leads nowhere fails the unit whose own it is; in a shared folder it is simply not there.
 */
export function plainFiles(unit: Unit, files: Files, tree: Tree): Parsed<Files> {
  const roots = [unit.folder, unit.path, ...unit.shared].map((root) => (root === "." ? "" : root));
  const links = [...resolveLinks(tree, files, roots)];
  const own = readable(unit, tree).filter((path) => !isLink(tree.get(path)?.mode ?? "120000"));
  const named = [
    ...own.map((path) => [path, path] as const),
    ...links.flatMap(([link, target]) => (target.ok ? standsFor(link, target.value, tree) : [])),
  ];
  const problems = [
    ...links.flatMap(([link, target]) =>
      target.ok || !(isInside(link, unit.folder) || isInside(link, unit.path))
        ? []
        : target.problems,
    ),
    ...named.flatMap(([path, from]) => (files.has(from) ? [] : [unreadable(path)])),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const none = new Uint8Array();
  return { ok: true, value: new Map(named.map(([path, from]) => [path, files.get(from) ?? none])) };
}

/** The file behind a link, or every file of the folder behind it; links inside of it are not followed any further. */
function standsFor(
  link: string,
  target: string,
  tree: Tree,
): readonly (readonly [string, string])[] {
  if (tree.has(target)) return [[link, target]];
  return [...tree].flatMap(([path, { mode }]) => {
    const isFile = mode === "100644" || mode === "100755";
    return isFile && isInside(path, target)
      ? [[`${link}${path.slice(target.length)}`, path] as const]
      : [];
  });
}

function unreadable(file: string): Problem {
  return { reason: "RenderFailed", file, message: "the file could not be read from the commit" };
}
