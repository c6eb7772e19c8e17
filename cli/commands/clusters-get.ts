import { type AppRow, type ClusterView, clusterText } from "../output/cluster-text.ts";
import { cliApiVersion } from "../output/document.ts";
import { type ClusterFacts, clusterFacts, rowOf, statusesOf } from "./clusters-list.ts";
import { type CommandContext, nowText } from "./context.ts";
import type { CommandResult } from "./result.ts";

/** `clusters get NAME`: everything of one cluster, app by app. */
export async function getCluster(
  context: CommandContext,
  { name, isLive }: { readonly name: string; readonly isLive: boolean },
): Promise<CommandResult> {
  const options = { ...context.options, clusters: [name] };
  const [facts] = await clusterFacts({ ...context, options }, { isLive });
  if (facts === undefined) return outside(context, name);
  const nowMs = context.ports.clock.now();
  const { values, uid } = facts.chosen.target;
  const view: ClusterView = { ...rowOf(facts, nowMs), values, uid, units: appsOf(facts, nowMs) };
  return {
    exitCode: 0,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "ClusterDetails",
        generatedAt: nowText(context),
        complete: view.isAsked,
        problems: [],
        cluster: view,
      },
      draw: (style) => clusterText(view, nowMs, style),
    },
  };
}

/** Known, but removed, or not meant by the other flags. */
function outside(context: CommandContext, name: string): CommandResult {
  return {
    exitCode: 1,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "ClusterDetails",
        generatedAt: nowText(context),
        complete: true,
        problems: [],
      },
      draw: () => `${name} was removed from the fleet, or the other flags leave it out\n`,
    },
  };
}

/** What Git wants there and what the agent has, each once. */
function appsOf(facts: ClusterFacts, nowMs: number): readonly AppRow[] {
  const { units, broken, unselected } = facts.chosen.selection;
  const statuses = new Map(statusesOf(facts, nowMs).map((status) => [status.app, status]));
  const told = (app: string) => {
    const { state, stage, reason, message, revisions } = statuses.get(app) ?? {};
    return { state, stage, reason, message, live: revisions?.live?.commit };
  };
  const inGit = [
    ...units.map(({ app }) => ({ app, git: "selected" as const })),
    ...broken.map(({ app }) => ({ app, git: "invalid" as const })),
    ...unselected
      .filter(({ app }) => statuses.has(app))
      .map(({ app, why }) => ({ app, git: "not selected" as const, why })),
  ];
  const known = new Set(inGit.map(({ app }) => app));
  const others = [...statuses.keys()].filter((app) => !known.has(app));
  const gone = others.map((app) => ({ app, git: "not in Git" as const }));
  return [...inGit, ...gone].map((one) => ({ ...told(one.app), ...one }));
}
