import type { Tree, TreeEntry } from "../model/artifact.ts";
import { fileNameOf, isInside, isPassedOver } from "../model/paths.ts";
import type { Problem } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";

const manifestName = /\.(?:yaml|yml|json)$/;
export const kustomizationNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

export type Entry = readonly [string, TreeEntry];

/** What lies at or below a folder. */
export function entriesBelow(tree: Tree, folder: string): readonly Entry[] {
  return [...tree].filter(([path]) => isInside(path, folder));
}

/** A symbolic link, as Git stores it. */
export function isLink(mode: TreeEntry["mode"]): boolean {
  return mode === "120000";
}

/** Whether a plain app reads it: by its name, below the unit's path, not hidden and not put aside. */
export function isManifest(path: string, unit: Unit): boolean {
  return manifestName.test(path) && fileNameOf(path) !== "app.yaml" && !isPassed(path, unit);
}

/** Hidden, or put aside with an underscore, below the unit's path. */
export function isPassed(path: string, { path: folder }: Unit): boolean {
  return isPassedOver(folder === "." ? path : path.slice(folder.length + 1));
}

/** All that a unit may read: its own folder and the shared ones. Submodules have no contents here. */
export function readable({ folder, path, shared }: Unit, tree: Tree): readonly string[] {
  const roots = [folder, path, ...shared];
  return [...tree].flatMap(([file, { mode }]) =>
    mode !== "160000" && roots.some((root) => isInside(file, root)) ? [file] : [],
  );
}

/** What lies in the path decides, unless the app says it. */
export function rendererOf({ renderer, path }: Unit, tree: Tree): "plain" | "kustomize" | "helm" {
  if (renderer.kind !== "auto") return renderer.kind;
  const inPath = (name: string): boolean => tree.has(path === "." ? name : `${path}/${name}`);
  if (inPath("Chart.yaml")) return "helm";
  return kustomizationNames.some(inPath) ? "kustomize" : "plain";
}

/** Why a unit cannot be read at all: its path is gone, or belongs to a submodule. */
export function pathProblems(unit: Unit, tree: Tree, below: readonly Entry[]): readonly Problem[] {
  const exact = tree.get(unit.path);
  if (exact?.mode === "160000") return [submodule(unit.path)];
  if (exact !== undefined) {
    return [
      {
        reason: "PathMissing",
        file: unit.path,
        message: "the path is a file; it must be a folder",
      },
    ];
  }
  if (below.length > 0) return submoduleProblems(below);
  const above = [...tree].find(
    ([path, { mode }]) => mode === "160000" && isInside(unit.path, path),
  );
  if (above !== undefined) return [submodule(above[0])];
  const message = `the folder ${unit.path} does not exist in this commit`;
  return [{ reason: "PathMissing", file: unit.file, field: "spec.path", message }];
}

function submoduleProblems(below: readonly Entry[]): readonly Problem[] {
  return below.filter(([, { mode }]) => mode === "160000").map(([path]) => submodule(path));
}

function submodule(file: string): Problem {
  const message = "this is a Git submodule; its contents are not in the config repository";
  return {
    reason: "RenderFailed",
    file,
    message,
    next: "put the files themselves into the repository",
  };
}
