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
import { fromTool, type Render, type RendererKind } from "./from-tool.ts";
import { manifestFiles } from "./manifest-files.ts";
import { renderPlain } from "./plain.ts";
import { plainFiles } from "./plain-files.ts";
import type { Capabilities, RenderedText, RenderTools } from "./tool.ts";

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

export interface RenderOptions {
  readonly tree: Tree;
  readonly tools: RenderTools;
  readonly signal: AbortSignal;
  /** What the cluster serves, for charts that ask. */
  readonly capabilities?: Capabilities;
  /** What the tool printed, where it ran already; then it is not run. */
  readonly texts?: readonly RenderedText[];
}

/** Objects of one unit, before normalisation, from the files that `renderInput` asked for. Problems are never thrown. */
export async function render(
  unit: Unit,
  files: Files,
  options: RenderOptions,
): Promise<Parsed<Render>> {
  const { tree, texts } = options;
  const renderer = rendererOf(unit, tree);
  if (renderer === "plain") return plain(unit, files, tree);
  const own = plainFiles(unit, files, tree);
  if (!own.ok) return own;
  const ran =
    texts === undefined ? await runTool(unit, files, options) : { ok: true as const, value: texts };
  return ran.ok ? fromTool({ unit, renderer, files: own.value }, ran.value) : ran;
}

/**
 * What a unit's tool prints for it. Helm's templates may hold chance and time, so it runs twice: the second text is there
 * when it differs (N-30).
 */
export async function runTool(
  unit: Unit,
  files: Files,
  { tree, tools, signal, capabilities = { apiVersions: [] } }: RenderOptions,
): Promise<Parsed<readonly RenderedText[]>> {
  const renderer = rendererOf(unit, tree);
  if (renderer === "plain") return { ok: true, value: [] };
  const tool = tools[renderer];
  if (tool === undefined) {
    const message = `${unit.app} is rendered by ${renderer}, which this agent does not have`;
    return { ok: false, problems: [{ reason: "ToolMissing", file: unit.file, message }] };
  }
  const own = plainFiles(unit, files, tree);
  if (!own.ok) return own;
  const job = { unit, files: own.value, capabilities };
  const first = await tool.render(job, signal);
  if (!first.ok || renderer === "kustomize")
    return first.ok ? { ok: true, value: [first.value] } : first;
  const second = await tool.render(job, signal);
  if (!second.ok) return second;
  const isSame = first.value.text === second.value.text;
  return { ok: true, value: isSame ? [first.value] : [first.value, second.value] };
}

function plain(unit: Unit, files: Files, tree: Tree): Parsed<Render> {
  const manifests = manifestFiles(unit, files, tree);
  if (!manifests.ok) return manifests;
  const objects = renderPlain(unit, manifests.value);
  if (!objects.ok) return objects;
  return { ok: true, value: { renderer: "plain", objects: objects.value, warnings: [] } };
}
