import type { Files, Tree } from "../model/artifact.ts";
import type { KubeObject } from "../model/object.ts";
import type { Parsed } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";
import type { RenderTools } from "./tool.ts";
import type { Position } from "./yaml.ts";

/** One object as a renderer gave it, with the place where a person wrote it. */
export interface RenderedObject {
  readonly object: KubeObject;
  readonly file: string;
  /** 1-based line of the object's first key. */
  readonly line: number;
  readonly positionOf: (pointer: string) => Position | undefined;
}

export type RendererKind = "plain" | "kustomize" | "helm";

export interface Render {
  readonly renderer: RendererKind;
  /** Empty is a value, not an error: what it means is decided by the guard (P-50). */
  readonly objects: readonly RenderedObject[];
}

/** What a unit's render reads: ask the source for `paths`, hand the contents to `render`. */
export interface RenderInput {
  readonly renderer: RendererKind;
  readonly paths: readonly string[];
  /** Files below the path that the renderer does not read (`FilesIgnored`). */
  readonly ignored: readonly string[];
}

/** Which files a unit's render needs. PathMissing, submodules and links out of the unit are problems here. */
export function renderInput(_unit: Unit, _tree: Tree): Parsed<RenderInput> {
  throw new Error("not there yet");
}

export interface RenderOptions {
  readonly tree: Tree;
  readonly tools: RenderTools;
  readonly signal: AbortSignal;
}

/** Objects of one unit, before normalisation. All problems at once; none of them is thrown. */
export async function render(
  _unit: Unit,
  _files: Files,
  _options: RenderOptions,
): Promise<Parsed<Render>> {
  throw new Error("not there yet");
}
