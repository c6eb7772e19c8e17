import type { Files } from "../model/artifact.ts";
import type { Parsed, Problem } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";
import type { RenderWarning } from "./normalize.ts";
import { objectsIn, type RenderedObject } from "./objects.ts";
import { helmOrigins, kustomizeOrigins, type Origins } from "./origins.ts";
import { resolve, tooMuch, unitLimits } from "./plain.ts";
import type { RenderedText } from "./tool.ts";
import { parseYaml, type YamlDocument } from "./yaml.ts";

export type RendererKind = "plain" | "kustomize" | "helm";

export interface Render {
  readonly renderer: RendererKind;
  /** Empty is a value, not an error: what it means is decided by the guard (P-50). */
  readonly objects: readonly RenderedObject[];
  /** The same rendered once more, where that gave something else (N-30). */
  readonly again?: readonly RenderedObject[];
  readonly warnings: readonly RenderWarning[];
}

interface ToolOutput {
  readonly unit: Unit;
  readonly renderer: "kustomize" | "helm";
  /** Plain files, as the tool had them. */
  readonly files: Files;
}

/** What a tool printed, once or twice, as objects that stand where people wrote them. */
export function fromTool(
  output: ToolOutput,
  [first, second]: readonly RenderedText[],
): Parsed<Render> {
  const { renderer, unit } = output;
  const read = readOutput(output, first?.text ?? "");
  if (!read.ok) return read;
  const said = (first?.warnings ?? []).map((message) => ({ message, file: unit.file }));
  const value = { renderer, objects: read.value, warnings: said };
  if (second === undefined) return { ok: true, value };
  const reread = readOutput(output, second.text);
  if (!reread.ok) return reread;
  return { ok: true, value: { ...value, again: reread.value } };
}

/** The same parser as for files (T-13); only kustomize's output takes expressions, never Helm's. */
function readOutput(output: ToolOutput, text: string): Parsed<readonly RenderedObject[]> {
  const { unit, renderer, files } = output;
  const origins =
    renderer === "helm" ? helmOrigins(unit, files, text) : kustomizeOrigins(unit, files);
  const parsed = parseYaml(text, { file: unit.file, maxBytes: unitLimits.bytes });
  if (!parsed.ok) {
    return {
      ok: false,
      problems: parsed.problems.map((item) => inOutput(item, renderer, origins)),
    };
  }
  const nodes = parsed.value.reduce((sum, document) => sum + document.nodes, 0);
  if (nodes > unitLimits.nodes) return tooMuch(unit, "2 000 000 values");
  const found = parsed.value.map((document) => placed(document, output, origins));
  const objects = found.flatMap((item) => item.objects);
  if (objects.length > unitLimits.objects) return tooMuch(unit, "20 000 objects");
  const problems = found.flatMap((item) => item.problems);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: objects };
}

function inOutput(problem: Problem, renderer: RendererKind, origins: Origins): Problem {
  const { line = 1, column: _column, ...rest } = problem;
  const message = `line ${line} of what ${renderer} printed: ${problem.message}`;
  return { ...rest, message, file: origins.ofLine(line).file };
}

function placed(document: YamlDocument, { unit, renderer }: ToolOutput, origins: Origins) {
  const [probe] = objectsIn(unit.file, [document]).objects;
  const origin = probe === undefined ? origins.ofLine(document.line) : origins.ofObject(probe);
  const { file, line, positionOf } = origin;
  const moved = { ...document, line, positionOf };
  const resolved =
    renderer === "kustomize" ? resolve(moved, unit, file) : { document: moved, problems: [] };
  const { objects, problems } = objectsIn(file, [resolved.document]);
  return { objects, problems: [...resolved.problems, ...problems] };
}
