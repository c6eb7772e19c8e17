import { cliApiVersion } from "../output/document.ts";
import type { Report } from "../output/error.ts";
import type { Style } from "../output/style.ts";
import { type CommandContext, nowText } from "./context.ts";
import type { CommandResult } from "./result.ts";

interface DriftSeen {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly unreached: readonly Report[];
  readonly isDrifted: boolean;
  readonly hint: string;
  draw(style: Style): string;
}

/** What `drift list` and `drift show` answer: 1 when something differs, and the next command for it. */
export function driftResult(
  context: CommandContext,
  { facts, unreached, isDrifted, hint, draw }: DriftSeen,
): CommandResult {
  const complete = unreached.length === 0;
  return {
    exitCode: isDrifted ? 1 : 0,
    isIncomplete: !complete,
    reports: unreached,
    hints: isDrifted ? [hint] : [],
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "DriftReport",
        generatedAt: nowText(context),
        complete,
        problems: unreached,
        ...facts,
      },
      draw: (style) => draw(style) + (isDrifted ? "" : "no drift\n"),
    },
  };
}
