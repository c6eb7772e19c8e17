import type { CheckLine } from "../output/checks-text.ts";
import { checksText } from "../output/checks-text.ts";
import { cliApiVersion } from "../output/document.ts";
import { sections } from "../output/text.ts";
import { askClusters } from "./ask-clusters.ts";
import type { CommandArguments } from "./catalog.ts";
import { checkBefore, checkInstalled } from "./check-cluster.ts";
import { type CommandContext, nowText } from "./context.ts";
import { textFlag } from "./globals.ts";
import { oneTarget } from "./one-target.ts";
import { CliError, type CommandResult } from "./result.ts";

/** `holdfast check [--pre]`: whether an agent can be installed on one cluster, or whether the installed one is well. */
export async function check(
  context: CommandContext,
  { flags }: CommandArguments,
): Promise<CommandResult> {
  const target = await oneTarget(context, { what: "an installation", command: "holdfast check" });
  const { namespace } = context.options;
  const account = { namespace, name: textFlag(flags, "serviceAccount") ?? "holdfast" };
  const { answers, failures } = await askClusters(context, [target], (connected, _one, signal) => {
    const checked = { connected, namespace, nowMs: context.ports.clock.now() };
    return flags.pre === true
      ? checkBefore(checked, signal)
      : checkInstalled(context, { ...checked, account }, signal);
  });
  const [answer] = answers;
  if (answer === undefined) throw new CliError(failures);
  return checksResult(context, [{ cluster: target.cluster, lines: answer.answer }]);
}

/** What was found on one cluster. */
export interface ClusterChecks {
  readonly cluster: string;
  readonly lines: readonly CheckLine[];
}

/** 1 where anything is wrong, incomplete where something could not be seen. */
export function checksResult(
  context: CommandContext,
  clusters: readonly ClusterChecks[],
): CommandResult {
  const verdicts = new Set(clusters.flatMap(({ lines }) => lines.map(({ verdict }) => verdict)));
  const complete = !verdicts.has("not seen");
  return {
    exitCode: verdicts.has("wrong") ? 1 : 0,
    isIncomplete: !complete,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "CheckReport",
        generatedAt: nowText(context),
        complete,
        problems: [],
        clusters,
      },
      draw: (style) =>
        sections(
          ...clusters.map(({ cluster, lines }) => {
            const title = clusters.length === 1 ? "" : `${cluster}\n`;
            return title + checksText(lines, style);
          }),
        ),
    },
  };
}
