import type { ClusterClient } from "../../agent/cluster/client.ts";
import { isConflict } from "../../agent/cluster/errors.ts";
import { stateName } from "../../agent/model/names.ts";
import { cliApiVersion } from "../output/document.ts";
import { shortId } from "../output/text.ts";
import { askClusters } from "./ask-clusters.ts";
import { confirm } from "./confirm.ts";
import { type CommandContext, type ConnectedCluster, nowText } from "./context.ts";
import { viewAt, withRepository } from "./repository.ts";
import { annotate } from "./request.ts";
import { CliError, type CommandResult } from "./result.ts";
import { findTargets } from "./targets.ts";

/** Lets a rewritten branch be followed on the chosen clusters, bound to the old and the new tip (P-52). */
export async function acceptTip(context: CommandContext, revision: string): Promise<CommandResult> {
  const to = await tipId(context, revision);
  const found = await findTargets(context);
  const { answers, failures } = await askClusters(
    context,
    found.targets,
    (cluster, _target, signal) => acceptedCommit(cluster, signal),
  );
  const waiting = answers.flatMap(({ target, answer: from }) =>
    from === undefined || from === to ? [] : [{ target, from }],
  );
  const names = waiting.map(({ target, from }) => `${target.cluster} (now ${shortId(from)})`);
  if (waiting.length === 0) return answer(context, { to, clusters: [], accepted: false });
  const decision = await confirm(context, {
    preview: `${names.map((name) => `  ${name}\n`).join("")}`,
    question: `Follow ${shortId(to)} from now on, though it does not contain what is applied there?`,
    unattended: `holdfast accept --tip ${to} --yes`,
  });
  const clusters = waiting.map(({ target }) => target.cluster);
  if (decision !== "yes") return answer(context, { to, clusters, accepted: false });
  const from = new Map(waiting.map((one) => [one.target.cluster, one.from]));
  const targets = waiting.map(({ target }) => target);
  const annotationName = await context.ports.acceptTipAnnotation();
  const written = await askClusters(context, targets, ({ client }, target, signal) =>
    writeTip(context, { client, annotationName, from: from.get(target.cluster) ?? "", to }, signal),
  );
  const reports = [...found.unreached, ...failures, ...written.failures];
  return {
    ...answer(context, { to, clusters, accepted: true }),
    reports,
    isIncomplete: reports.length > 0,
  };
}

async function tipId(context: CommandContext, revision: string): Promise<string> {
  if (/^[0-9a-f]{40}$/.test(revision)) return revision;
  return await withRepository(context, async (repository) => {
    const { commit } = await viewAt(repository, revision);
    if (commit !== undefined) return commit;
    throw new CliError({
      what: `${revision} is no commit`,
      next: "name the new tip: git rev-parse",
    });
  });
}

async function acceptedCommit(
  { state }: ConnectedCluster,
  signal: AbortSignal,
): Promise<string | undefined> {
  return (await state.read(signal))?.value?.acceptedCommit;
}

interface Tip {
  readonly client: ClusterClient;
  readonly annotationName: string;
  readonly from: string;
  readonly to: string;
}

async function writeTip(
  { options }: CommandContext,
  { client, annotationName, from, to }: Tip,
  signal: AbortSignal,
): Promise<void> {
  const ref = { group: "", version: "v1", kind: "ConfigMap", name: stateName };
  for (let attempt = 1; ; attempt++) {
    const object = await client.get({ ...ref, namespace: options.namespace }, signal);
    if (object === undefined) throw new Error(`ConfigMap ${stateName} is gone`);
    const annotation = { name: annotationName, value: JSON.stringify({ from, to }) };
    try {
      return await annotate(client, { object, annotation }, signal);
    } catch (error) {
      if (!isConflict(error) || attempt === 5) throw error;
    }
  }
}

interface Outcome {
  readonly to: string;
  readonly clusters: readonly string[];
  readonly accepted: boolean;
}

function answer(context: CommandContext, { to, clusters, accepted }: Outcome): CommandResult {
  const said = accepted
    ? `Accepted ${shortId(to)} on ${clusters.join(", ")}.\n`
    : `Nothing was written.${clusters.length === 0 ? " No cluster waits for it." : ""}\n`;
  return {
    exitCode: accepted ? 0 : 1,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "AcceptReport",
        generatedAt: nowText(context),
        complete: true,
        problems: [],
        tip: to,
        clusters,
        accepted,
      },
      draw: () => said,
    },
  };
}
