import type { Files, Tree } from "../model/artifact.ts";
import type { Parsed } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";
import {
  entriesBelow,
  isLink,
  isManifest,
  isPassed,
  pathProblems,
  readable,
  rendererOf,
} from "./files.ts";
import { manifestFiles } from "./manifest-files.ts";
import { objectsIn, type RenderedObject } from "./objects.ts";
import { renderPlain, resolve } from "./plain.ts";
import type { RenderTools } from "./tool.ts";
import { parseYaml } from "./yaml.ts";

export type RendererKind = "plain" | "kustomize" | "helm";

/** What a unit's render reads: ask the source for `paths`, hand the contents to `render`. */
export interface RenderInput {
  readonly renderer: RendererKind;
  readonly paths: readonly string[];
  /** Files below the path that the renderer does not read (`FilesIgnored`). */
  readonly ignored: readonly string[];
}

/** Which files a unit's render needs. PathMissing and submodules are problems here. */
export function renderInput(unit: Unit, tree: Tree): Parsed<RenderInput> {
  const below = entriesBelow(tree, unit.path);
  const problems = pathProblems(unit, tree, below);
  if (problems.length > 0) return { ok: false, problems };
  const renderer = rendererOf(unit, tree);
  if (renderer !== "plain") {
    return { ok: true, value: { renderer, paths: readable(unit, tree), ignored: [] } };
  }
  const isRead = (path: string): boolean => isManifest(path, unit);
  const own = below.map(([path]) => path).filter(isRead);
  const hasLinks = below.some(([path, { mode }]) => isLink(mode) && !isPassed(path, unit));
  const ignored = below.flatMap(([path, { mode }]) =>
    isRead(path) || isLink(mode) || path === unit.file ? [] : [path],
  );
  // A link names its target only inside, so with links all that they may lead to is asked for.
  const paths = hasLinks ? readable(unit, tree) : own;
  return { ok: true, value: { renderer, paths, ignored } };
}

export interface Render {
  readonly renderer: RendererKind;
  /** Empty is a value, not an error: what it means is decided by the guard (P-50). */
  readonly objects: readonly RenderedObject[];
}

export interface RenderOptions {
  readonly tree: Tree;
  readonly tools: RenderTools;
  readonly signal: AbortSignal;
}

/** Objects of one unit, before normalisation, from the files that `renderInput` asked for. Problems are never thrown. */
export async function render(
  unit: Unit,
  files: Files,
  { tree, tools, signal }: RenderOptions,
): Promise<Parsed<Render>> {
  const renderer = rendererOf(unit, tree);
  if (renderer === "plain") return finish(renderer, plain(unit, files, tree));
  const tool = tools[renderer];
  if (tool === undefined) {
    const message = `${unit.app} is rendered by ${renderer}, which this agent does not have`;
    return { ok: false, problems: [{ reason: "ToolMissing", file: unit.file, message }] };
  }
  const rendered = await tool(unit, files, signal);
  if (!rendered.ok) return rendered;
  return finish(renderer, fromTool(unit, renderer, rendered.value.text));
}

function finish(
  renderer: RendererKind,
  objects: Parsed<readonly RenderedObject[]>,
): Parsed<Render> {
  return objects.ok ? { ok: true, value: { renderer, objects: objects.value } } : objects;
}

function plain(unit: Unit, files: Files, tree: Tree): Parsed<readonly RenderedObject[]> {
  const manifests = manifestFiles(unit, files, tree);
  return manifests.ok ? renderPlain(unit, manifests.value) : manifests;
}

/** The same parser for a tool's output (T-13); only kustomize's takes expressions, never Helm's. */
function fromTool(
  unit: Unit,
  renderer: RendererKind,
  text: string,
): Parsed<readonly RenderedObject[]> {
  const file = `${renderer} ${unit.path}`;
  const parsed = parseYaml(text, { file });
  if (!parsed.ok) return parsed;
  const resolved = parsed.value.map((document) =>
    renderer === "kustomize" ? resolve(document, unit, file) : { document, problems: [] },
  );
  const found = objectsIn(
    file,
    resolved.map(({ document }) => document),
  );
  const problems = [...resolved.flatMap((item) => item.problems), ...found.problems];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: found.objects };
}
