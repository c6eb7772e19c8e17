import { states } from "../../agent/model/state.ts";
import type { UnitExplanation } from "../output/explain-text.ts";
import { askClusters } from "./ask-clusters.ts";
import type { CommandContext } from "./context.ts";
import type { ExplainAsked } from "./explain-asked.ts";
import { noEffectOf } from "./explain-effect.ts";
import { type BrokenPod, brokenPod } from "./explain-pods.ts";
import { type Asking, explainUnit } from "./explain-unit.ts";
import type { ChosenCluster } from "./fleet-view.ts";
import { CliError } from "./result.ts";

export interface ExplainWish extends Asking {
  readonly app: string;
  readonly chosen: readonly ChosenCluster[];
  readonly asked: ExplainAsked;
}

/** Those that are not live first, the worst of them first; that one in depth. */
export async function explainClusters(
  context: CommandContext,
  wish: ExplainWish,
): Promise<readonly [UnitExplanation, ...UnitExplanation[]]> {
  const answers = answersOf(wish);
  const units = await Promise.all(
    clustersOf(wish).map(({ target: { name: cluster } }) =>
      explainUnit({ app: wish.app, cluster, answer: answers.get(cluster) }, wish),
    ),
  );
  const [first, ...others] = units.sort((a, b) => rank(b) - rank(a));
  if (first !== undefined) return [await inDepth(context, wish, first), ...others];
  throw new CliError({ what: "no cluster is meant", next: "holdfast clusters list" });
}

function answersOf({ asked }: ExplainWish) {
  return new Map(asked.answers.map((one) => [one.target.cluster, one]));
}

/** Where the app runs or is told of; all that were asked for where it does so nowhere. */
function clustersOf(wish: ExplainWish): readonly ChosenCluster[] {
  const { app, chosen } = wish;
  const answers = answersOf(wish);
  const concerned = chosen.filter(
    ({ target, selection: { units, broken } }) =>
      [...units, ...broken].some((one) => one.app === app) ||
      answers.get(target.name)?.answer.statuses.some((status) => status.app === app) === true,
  );
  return concerned.length === 0 ? chosen : concerned;
}

function rank({ live, isSeen, state }: UnitExplanation): number {
  if (live) return -2;
  if (!isSeen) return -1;
  return state === undefined ? 0 : states[state].value;
}

/** What costs more than reading a status: rendering the commit before it, asking for pods. */
async function inDepth(
  context: CommandContext,
  wish: ExplainWish,
  unit: UnitExplanation,
): Promise<UnitExplanation> {
  const { app, cluster } = unit;
  if (unit.live) {
    const noEffect = await noEffectOf(context, { ...wish, app, cluster });
    if (noEffect === undefined) return unit;
    const answer = answersOf(wish).get(cluster);
    return await explainUnit({ app, cluster, answer }, { ...wish, noEffect });
  }
  const pod = unit.stage === "healthy" ? await podOf(context, wish, unit) : undefined;
  return pod === undefined ? unit : { ...unit, pod };
}

/** A cluster that gives no pods away still gives the rest of the answer. */
async function podOf(
  context: CommandContext,
  { asked }: ExplainWish,
  { app, cluster }: UnitExplanation,
): Promise<BrokenPod | undefined> {
  const target = asked.found.targets.find((one) => one.cluster === cluster);
  if (target === undefined) return undefined;
  const { answers } = await askClusters(
    context,
    [target],
    async ({ client, inventories }, _target, signal) => {
      const inventory = (await inventories.read(app, signal))?.value;
      const declared = [...(inventory?.entries.values() ?? [])].map(({ ref }) => ref);
      return await brokenPod(client, declared, signal);
    },
  );
  return answers[0]?.answer;
}
