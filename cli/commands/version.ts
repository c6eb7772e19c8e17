import { cliApiVersion } from "../output/document.ts";
import { type CommandContext, nowText } from "./context.ts";
import type { CommandResult } from "./result.ts";

/** `holdfast version`: of this command line and the runtime below it. */
export async function version(context: CommandContext): Promise<CommandResult> {
  const runtime = `node ${process.versions.node}`;
  return {
    exitCode: 0,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "Version",
        generatedAt: nowText(context),
        complete: true,
        problems: [],
        version: context.version,
        runtime,
      },
      draw: () => `holdfast ${context.version} (${runtime})\n`,
    },
  };
}
