import { type State, worstState } from "../../agent/model/state.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { type ClusterRow, clustersText } from "../output/clusters-text.ts";
import { cliApiVersion } from "../output/document.ts";
import type { AgentAnswer } from "./ask-agents.ts";
import { askFleet } from "./ask-fleet.ts";
import { type CommandContext, nowText } from "./context.ts";
import { type ChosenCluster, chooseClusters } from "./fleet-view.ts";
import { openFleet, withRepository } from "./repository.ts";
import type { CommandResult } from "./result.ts";
import { heard } from "./silence.ts";
import type { Member } from "./targets.ts";

export interface ClusterFacts {
  readonly chosen: ChosenCluster;
  /** Absent where no agent could be asked. */
  readonly answer: AgentAnswer<Member> | undefined;
}

/** What Git says of the chosen clusters, with what their agents say where they can be asked. */
export async function clusterFacts(
  context: CommandContext,
  { isLive }: { readonly isLive: boolean },
): Promise<readonly ClusterFacts[]> {
  const chosen = await withRepository(context, async (repository) => {
    const view = (await repository.head()) ?? (await repository.newest());
    return chooseClusters(await openFleet(context, view), context.options);
  });
  const { answers } = await askFleet(context, { isLive });
  const byName = new Map(answers.map((answer) => [answer.target.cluster, answer]));
  return chosen.map((one) => ({ chosen: one, answer: byName.get(one.target.name) }));
}

/** `clusters list`. The list is Git's, so a cluster that cannot be asked is listed and says so. */
export async function listClusters(
  context: CommandContext,
  wish: { readonly isLive: boolean },
): Promise<CommandResult> {
  const facts = await clusterFacts(context, wish);
  const nowMs = context.ports.clock.now();
  const rows = facts.map((one) => rowOf(one, nowMs)).sort(byNeed);
  return {
    exitCode: 0,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "ClusterList",
        generatedAt: nowText(context),
        complete: rows.every(({ isAsked }) => isAsked),
        problems: [],
        clusters: rows,
      },
      draw: (style) => (rows.length === 0 ? "no cluster\n" : clustersText(rows, nowMs, style)),
    },
  };
}

/** What is said of the units of one cluster; an agent that is silent is not believed. */
export function statusesOf({ answer }: ClusterFacts, nowMs: number): readonly UnitStatus[] {
  return answer === undefined ? [] : heard(answer.answer, nowMs);
}

/** One cluster as a line. */
export function rowOf(facts: ClusterFacts, nowMs: number): ClusterRow {
  const { target, environment, selection } = facts.chosen;
  const statuses = statusesOf(facts, nowMs);
  const state = statuses.length === 0 ? undefined : worstState(statuses.map((one) => one.state));
  return {
    name: target.name,
    environment,
    labels: target.labels,
    agent: facts.answer?.answer.agent,
    kubernetes: facts.answer?.answer.kubernetes ?? target.kubernetes,
    isAsked: facts.answer !== undefined,
    seenAt: facts.answer?.answer.lease?.renewedAt,
    apps: selection.units.length,
    broken: selection.broken.length,
    state,
    worst: statuses.filter((one) => one.state === state && state !== "Synced").map(whyOf),
    suspended: target.suspend?.until,
  };
}

function whyOf({ app, reason }: UnitStatus): string {
  return `${app}: ${reason}`;
}

/** What needs attention first, then by name. */
function byNeed(a: ClusterRow, b: ClusterRow): number {
  const isWorse = (x: State | undefined, y: State | undefined) =>
    x !== undefined && x !== y && (y === undefined || worstState([x, y]) === x);
  if (a.state !== b.state) return isWorse(a.state, b.state) ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
