import type { FleetDocument } from "../config/document.ts";
import { parseDocuments } from "../config/parse.ts";
import type { Tree } from "../model/artifact.ts";
import { fileNameOf, folderOf, isInside, isPassedOver, joinPath } from "../model/paths.ts";
import type { Parsed, Problem } from "../model/problem.ts";

export const fleetFileName = "fleet.yaml";
export const appFileName = "app.yaml";

/** Reads fleet.yaml itself; whatever is wrong with it is wrong for the whole fleet (R26). */
export function parseFleetFile(bytes: Uint8Array | undefined): Parsed<FleetDocument> {
  const file = fleetFileName;
  if (bytes === undefined)
    return refused({ file, message: `there is no ${file} at the root of the configuration` });
  const { documents, broken } = parseDocuments(file, bytes);
  const problems = broken.flatMap((item) => item.problems);
  if (problems.length > 0) return { ok: false, problems };
  const [document, second] = documents;
  if (document === undefined)
    return refused({ file, message: "the file is empty; it must hold one Fleet" });
  if (document.kind !== "Fleet" || second !== undefined) {
    const { line, kind } = second ?? document;
    return refused({
      file,
      line,
      message: `${file} holds exactly one document, a Fleet; here is a ${kind}`,
    });
  }
  return { ok: true, value: document };
}

function refused(problem: Omit<Problem, "reason">): Parsed<never> {
  return { ok: false, problems: [{ reason: "ConfigInvalid", ...problem }] };
}

/** Where documents stand in a tree. */
export interface Layout {
  /** Paths of App files, by folder of the app. */
  readonly apps: readonly string[];
  /** Other documents: Cluster, Rollout, Approval. */
  readonly others: readonly string[];
  readonly problems: readonly Problem[];
  /** App files that stand above or below another one. */
  readonly nested: ReadonlyMap<string, string>;
}

/** Below the folders, `app.yaml` makes its folder an app; every other `*.yaml` outside of apps is a document (product.md). */
export function layoutOf(tree: Tree, fleet: FleetDocument): Layout {
  const problems: Problem[] = [];
  const paths = new Set<string>();
  for (const [index, name] of fleet.spec.folders.entries()) {
    const found = pathsBelow(tree, name);
    const position = fleet.positionOf(`/spec/folders/${index}`);
    if (found.length === 0) {
      problems.push({
        reason: "ConfigInvalid",
        file: fleet.file,
        ...position,
        field: `spec.folders.${index}`,
        message: `the folder ${name} does not exist in this commit`,
      });
    }
    for (const path of found) paths.add(path);
  }
  const visible = [...paths].filter((path) => !isPassedOver(path) && path !== fleet.file).sort();
  const apps = visible.filter((path) => fileNameOf(path) === appFileName);
  const folders = apps.map(folderOf);
  const others = visible.filter(
    (path) => path.endsWith(".yaml") && !folders.some((folder) => isInside(path, folder)),
  );
  for (const path of [...apps, ...others]) problems.push(...entryProblems(tree, path));
  return {
    apps: apps.filter((path) => isRegular(tree, path)),
    others: others.filter((path) => isRegular(tree, path)),
    problems,
    nested: nestedApps(apps),
  };
}

function pathsBelow(tree: Tree, name: string): readonly string[] {
  const folder = joinPath(".", name);
  if (folder === undefined) return [];
  return [...tree.keys()].filter((path) => isInside(path, folder));
}

function isRegular(tree: Tree, path: string): boolean {
  return tree.get(path)?.mode.startsWith("100") === true;
}

function entryProblems(tree: Tree, path: string): readonly Problem[] {
  if (isRegular(tree, path)) return [];
  const what = tree.get(path)?.mode === "120000" ? "a link" : "a submodule";
  const message = `${what} cannot be a document; put the file itself here`;
  return [{ reason: "ConfigInvalid", file: path, message }];
}

/** Each app file that lies in another app's folder, both ways round. */
function nestedApps(apps: readonly string[]): ReadonlyMap<string, string> {
  const nested = new Map<string, string>();
  for (const outer of apps) {
    for (const inner of apps) {
      if (inner === outer || !isInside(inner, folderOf(outer))) continue;
      nested.set(inner, outer);
      if (!nested.has(outer)) nested.set(outer, inner);
    }
  }
  return nested;
}
