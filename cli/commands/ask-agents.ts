import type { Report } from "../output/error.ts";
import { askClusters } from "./ask-clusters.ts";
import type { CommandContext } from "./context.ts";
import { type ClusterStatus, readStatus, wrongCluster } from "./read-status.ts";
import { findTargets, type Member, type Target, type Targets } from "./targets.ts";

/** One cluster whose agent has told something; with a context where it was asked itself. */
export interface AgentAnswer<T extends Member = Target> {
  readonly target: T;
  readonly answer: ClusterStatus;
}

export interface AskedAgents {
  readonly found: Targets;
  /** Without those that turned out to be another cluster. */
  readonly answers: readonly AgentAnswer[];
  /** No context, the wrong context, or no answer. */
  readonly unreached: readonly Report[];
}

/** What the agents of the chosen clusters say of their units. */
export async function askAgents(context: CommandContext): Promise<AskedAgents> {
  const found = await findTargets(context);
  const { answers, failures } = await askClusters(
    context,
    found.targets,
    (cluster, _target, signal) => readStatus(context, cluster, signal),
  );
  return {
    found,
    answers: answers.filter(({ target, answer }) => wrongCluster(target, answer) === undefined),
    unreached: [...found.unreached, ...answers.flatMap(mistaken), ...failures],
  };
}

function mistaken({ target, answer }: AgentAnswer): readonly Report[] {
  const other = wrongCluster(target, answer);
  if (other === undefined) return [];
  return [
    {
      what: `${target.cluster} cannot be asked`,
      where: `kubeconfig context ${target.context}`,
      why: `the agent behind it says that it is ${other}`,
      next: "map the right context in ~/.config/holdfast/config.yaml",
    },
  ];
}
