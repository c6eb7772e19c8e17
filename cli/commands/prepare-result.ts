import { cliApiVersion } from "../output/document.ts";
import { errorText } from "../output/error.ts";
import { plainStyle, type Style } from "../output/style.ts";
import { sections } from "../output/text.ts";
import { type CommandContext, nowText } from "./context.ts";
import type { Prepared } from "./prepare.ts";
import type { CommandResult } from "./result.ts";

export interface Told {
  readonly facts: Readonly<Record<string, unknown>>;
  draw(style: Style): string;
}

/** The effect as long as nothing has happened. */
export function previewText({ lead, effect }: Prepared, style: Style): string {
  return sections(lead ?? "", effect(style));
}

/** The same with everything that whoever is asked should know before the answer. */
export function questionText(prepared: Prepared, caution = ""): string {
  const warnings = errorText(prepared.warnings ?? [], plainStyle, "warning");
  return `${sections(previewText(prepared, plainStyle), warnings, caution)}\n`;
}

/** What has been said above the question is not said again below it. */
export function told(prepared: Prepared): Prepared {
  return { ...prepared, warnings: [], effect: () => "" };
}

/** One document for whatever became of a prepared change. */
export function preparedResult(
  context: CommandContext,
  prepared: Prepared,
  { facts, draw }: Told,
): CommandResult {
  const { kind, reports = [], warnings = [], isIncomplete = false } = prepared;
  return {
    exitCode: 0,
    isIncomplete,
    reports,
    warnings,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind,
        generatedAt: nowText(context),
        complete: !isIncomplete,
        problems: reports,
        ...prepared.facts,
        files: [...prepared.files.keys()],
        ...facts,
      },
      draw,
    },
  };
}
