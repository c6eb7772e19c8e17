import { cliApiVersion } from "../output/document.ts";
import { type CommandContext, nowText } from "./context.ts";
import { madeText, makeRecord } from "./make-record.ts";
import type { CommandResult } from "./result.ts";

/** For a cluster that Git knows already: its record alone. */
export async function addRecord(context: CommandContext, name: string): Promise<CommandResult> {
  const made = await makeRecord(context, name);
  return {
    exitCode: made.decision === "no" ? 1 : 0,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "ClusterRecordAdd",
        generatedAt: nowText(context),
        complete: true,
        problems: [],
        cluster: name,
        record: made,
      },
      draw: () => madeText(name, made),
    },
  };
}
