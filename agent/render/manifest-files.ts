import type { Files, Tree } from "../model/artifact.ts";
import { isInside } from "../model/paths.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";
import { isLink, isManifest, isPassed } from "./files.ts";
import { resolveLinks } from "./links.ts";

/** The files that a plain app consists of, by the path at which they appear: links stand for what they lead to (NEG-02). */
export function manifestFiles(unit: Unit, files: Files, tree: Tree): Parsed<Files> {
  const problems: Problem[] = [];
  const manifests = new Map<string, Uint8Array>();
  for (const [path, target] of [...ownFiles(unit, tree), ...linkedFiles(unit, files, tree)]) {
    if (typeof target !== "string") {
      problems.push(...target.problems);
      continue;
    }
    const bytes = files.get(target);
    if (bytes === undefined) problems.push(unreadable(path));
    else manifests.set(path, bytes);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: manifests };
}

interface Refused {
  readonly problems: readonly Problem[];
}

/** Path at which a file appears, and the one whose contents it has. */
type Named = readonly [string, string | Refused];

function ownFiles(unit: Unit, tree: Tree): readonly Named[] {
  return [...tree].flatMap(([path, { mode }]): readonly Named[] => {
    const isOwn = isInside(path, unit.path) && !isLink(mode) && isManifest(path, unit);
    return isOwn ? [[path, path]] : [];
  });
}

function linkedFiles(unit: Unit, files: Files, tree: Tree): readonly Named[] {
  const roots = [unit.folder, unit.path, ...unit.shared].map((root) => (root === "." ? "" : root));
  const links = [...resolveLinks(tree, files, roots)].filter(
    ([path]) => isInside(path, unit.path) && !isPassed(path, unit),
  );
  return links.flatMap(([path, target]): readonly Named[] => {
    if (!target.ok) return [[path, { problems: target.problems }]];
    if (tree.has(target.value)) return isManifest(path, unit) ? [[path, target.value]] : [];
    return folderFiles(path, target.value, { unit, tree });
  });
}

/** A link to a folder: its manifests, as if they lay below the link. Links inside of it are not followed any further. */
function folderFiles(
  link: string,
  folder: string,
  { unit, tree }: { readonly unit: Unit; readonly tree: Tree },
): readonly Named[] {
  return [...tree].flatMap(([path, { mode }]): readonly Named[] => {
    if (!isInside(path, folder)) return [];
    const at = `${link}${path.slice(folder.length)}`;
    if (!isManifest(at, unit)) return [];
    return [[at, isLink(mode) ? { problems: [linkInFolder(at)] } : path]];
  });
}

function linkInFolder(file: string): Problem {
  const message = "this is a link inside a linked folder; put the file itself there";
  return { reason: "RenderFailed", file, message };
}

function unreadable(file: string): Problem {
  return { reason: "RenderFailed", file, message: "the file could not be read from the commit" };
}
