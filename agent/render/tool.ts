import type { Files } from "../model/artifact.ts";
import type { Parsed } from "../model/problem.ts";
import type { Unit } from "../model/unit.ts";

/** What a chart may ask of the cluster it is rendered for. */
export interface Capabilities {
  /** `v1.36.3`; absent: what the tool was built with. */
  readonly kubernetes?: string;
  /** `apps/v1` and `apps/v1/Deployment`, sorted. */
  readonly apiVersions: readonly string[];
}

export interface ToolJob {
  readonly unit: Unit;
  /** Plain files by their paths in the repository; links are resolved already (NEG-02). */
  readonly files: Files;
  readonly capabilities: Capabilities;
}

export interface RenderedText {
  readonly text: string;
  /** What the tool said besides, masked. */
  readonly warnings: readonly string[];
}

/**
 * A binary that turns a unit's files into YAML text (helm, kustomize), run as a child. Limits and clean-up are the
 * adapter's; the text is complete or the answer is a problem (R12).
 */
export interface RenderTool {
  /** What the binary says it is; ToolMissing when it is absent or another major version (R22). */
  version(signal: AbortSignal): Promise<Parsed<string>>;
  render(job: ToolJob, signal: AbortSignal): Promise<Parsed<RenderedText>>;
}

/** An absent tool is `ToolMissing` for the units that need it, and nothing for the others. */
export interface RenderTools {
  readonly helm?: RenderTool;
  readonly kustomize?: RenderTool;
}
