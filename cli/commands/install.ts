import type { KubeObject } from "../../agent/model/object.ts";
import { type CliDocument, cliApiVersion } from "../output/document.ts";
import type { Report } from "../output/error.ts";
import { stepsDone, stepsText } from "../output/install-text.ts";
import { plainStyle, type Style } from "../output/style.ts";
import { shortId } from "../output/text.ts";
import { toYamlStream } from "../output/yaml.ts";
import type { CommandArguments } from "./catalog.ts";
import { confirm, type Decision } from "./confirm.ts";
import { type ChartWish, type CommandContext, nowText } from "./context.ts";
import {
  applyInstallation,
  type InstallStep,
  missingSecrets,
  planInstallation,
} from "./install-apply.ts";
import { renderInstallation } from "./install-chart.ts";
import { type InstallSource, readInstallSource } from "./install-source.ts";
import { type Arrival, untilFirstSynced } from "./install-wait.ts";
import { oneClusterName, type Reached, reach } from "./one-cluster.ts";
import { CliError, type CommandResult, text } from "./result.ts";

/** `holdfast install`: the agent of one cluster, as manifests; with `--apply` previewed, applied, and waited for. */
export async function install(
  context: CommandContext,
  { flags }: CommandArguments,
): Promise<CommandResult> {
  const cluster = oneClusterName(context, "install");
  const source = await readInstallSource(context, cluster);
  if (flags.apply === true) return await onCluster(context, { cluster, source, flags });
  const ask = { cluster, source, flags, known: undefined };
  const objects = await renderInstallation(context, ask);
  return { ...printed(context, cluster, objects), exitCode: 0, warnings: warningsOf(source) };
}

/** What was said of Git; without `--apply` a cluster that is not in it is no reason to stop. */
function warningsOf({ unknownCluster, warnings }: InstallSource): readonly Report[] {
  return [...(unknownCluster === undefined ? [] : [unknownCluster]), ...warnings];
}

function printed(
  context: CommandContext,
  cluster: string,
  objects: readonly KubeObject[],
): Pick<CommandResult, "output"> {
  if (context.options.form === "yaml") return { output: text(toYamlStream(objects)) };
  const document: CliDocument = {
    apiVersion: cliApiVersion,
    kind: "Installation",
    generatedAt: nowText(context),
    complete: true,
    problems: [],
    cluster,
    objects,
  };
  return { output: { form: "document", document, draw: () => toYamlStream(objects) } };
}

interface Wish {
  readonly cluster: string;
  readonly source: InstallSource;
  readonly flags: CommandArguments["flags"];
}

async function onCluster(context: CommandContext, wish: Wish): Promise<CommandResult> {
  const { cluster, source } = wish;
  if (source.unknownCluster !== undefined) throw new CliError(source.unknownCluster);
  const reached = await reach(context, cluster);
  try {
    return await previewAndApply(context, wish, reached);
  } finally {
    await reached.client.close();
  }
}

async function previewAndApply(
  context: CommandContext,
  { cluster, source, flags }: Wish,
  reached: Reached,
): Promise<CommandResult> {
  const { signal, ports, options, terminal } = context;
  const known = await capabilities(context, reached);
  const objects = await renderInstallation(context, { cluster, source, flags, known });
  const steps = await planInstallation(reached.client, objects, signal);
  const secrets = await missingSecrets(reached.client, objects, signal);
  const decision = await confirm(context, {
    preview: `${stepsText(steps, plainStyle)}\n`,
    question: `Install the agent of ${cluster} through context ${reached.context}, namespace ${options.namespace}?`,
    unattended: "holdfast install --apply --yes, or --dry-run for the preview alone",
  });
  const warnings = [...source.warnings, ...secrets];
  const done = { reached, source, steps, decision, warnings };
  if (decision !== "yes") return answer(context, { ...done, arrival: undefined, tookMs: 0 });
  const startedAt = ports.clock.monotonic();
  await applyInstallation(context, reached.client, steps);
  // Told now, not after the wait that they may be the reason of.
  for (const { what, next } of secrets) terminal.show(`${what}\n  next   ${next}\n`);
  const arrival = await untilFirstSynced(context, reached, source.apps);
  return answer(context, { ...done, arrival, tookMs: ports.clock.monotonic() - startedAt });
}

/** What the chart may ask of this cluster, so that it can say which definitions are missing. */
async function capabilities(
  { signal }: CommandContext,
  { client }: Reached,
): Promise<ChartWish["cluster"]> {
  const { kinds, kubernetes } = await client.discover(signal);
  const apiVersions = [...kinds.values()].flatMap(({ group, version, kind }) =>
    group === "monitoring.coreos.com" ? [`${group}/${version}/${kind}`] : [],
  );
  return { kubernetes, apiVersions };
}

interface Done {
  readonly reached: Reached;
  readonly source: InstallSource;
  readonly steps: readonly InstallStep[];
  readonly decision: Decision;
  readonly warnings: readonly Report[];
  readonly arrival: Arrival | undefined;
  /** From the first write to the first Synced app. */
  readonly tookMs: number;
}

function answer(context: CommandContext, done: Done): CommandResult {
  const { reached, source, steps, decision, warnings, arrival, tookMs } = done;
  const { cluster } = reached;
  const { app } = arrival ?? {};
  const isLate = arrival !== undefined && app === undefined && source.apps !== 0;
  const synced = app === undefined ? {} : { app: app.app, seconds: tookMs / 1000 };
  const problems = isLate ? [late(cluster, arrival)] : [];
  return {
    exitCode: exitCodeOf(decision, isLate),
    reports: problems,
    warnings,
    hints: decision === "yes" ? [`holdfast status --cluster ${cluster}`] : [],
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "InstallReport",
        generatedAt: nowText(context),
        complete: true,
        problems,
        cluster,
        context: reached.context,
        applied: decision === "yes",
        objects: steps.map(({ ref, action }) => ({ ...ref, action })),
        firstSynced: app === undefined ? undefined : synced,
      },
      draw: (style) => drawn(context, done, style),
    },
  };
}

function exitCodeOf(decision: Decision, isLate: boolean): 0 | 1 | 4 {
  if (decision === "no") return 1;
  return isLate ? 4 : 0;
}

function late(cluster: string, { saying }: Arrival): Report {
  return {
    what: `no app of ${cluster} is Synced yet`,
    why: saying,
    next: `everything is applied; look again: holdfast status --cluster ${cluster}`,
  };
}

function drawn({ options }: CommandContext, done: Done, style: Style): string {
  const { reached, steps, decision, arrival, tookMs } = done;
  switch (decision) {
    case "no":
      return "Declined. Nothing was written.\n";
    case "preview":
      return `${stepsText(steps, style)}Nothing was written (--dry-run).\n`;
    case "yes": {
      const where = `${reached.cluster} (context ${reached.context}, namespace ${options.namespace})`;
      return `Installed on ${where}: ${stepsDone(steps)}.\n${arrivalText(arrival, tookMs)}`;
    }
  }
}

function arrivalText(arrival: Arrival | undefined, tookMs: number): string {
  const seconds = `${(tookMs / 1000).toFixed(1)} s`;
  if (arrival?.app !== undefined) {
    const { app, revisions } = arrival.app;
    const commit = shortId(revisions.live?.commit);
    return `First app Synced: ${app} at ${commit}, ${seconds} after the first write.\n`;
  }
  return arrival?.isThere === true ? `The agent runs after ${seconds}.\n` : "";
}
