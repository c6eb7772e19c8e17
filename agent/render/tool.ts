import type { Files } from "../model/artifact.ts";
import type { Parsed } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";

/**
 * A child process that turns a unit's files into YAML text (helm, kustomize). Limits, pinning and clean-up are the adapter's;
 * the text is complete or the answer is a problem.
 */
export type RenderTool = (
  unit: Unit,
  files: Files,
  signal: AbortSignal,
) => Promise<Parsed<RenderedText>>;

export interface RenderedText {
  readonly text: string;
  /** What the tool said besides, masked. */
  readonly warnings: readonly string[];
}

/** An absent tool is `ToolMissing` for the units that need it, and nothing for the others. */
export interface RenderTools {
  readonly helm?: RenderTool;
  readonly kustomize?: RenderTool;
}
