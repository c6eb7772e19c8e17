import { folderOf, isInside } from "../../agent/model/paths.ts";
import { states } from "../../agent/model/state.ts";
import { cliApiVersion } from "../output/document.ts";
import type { Report } from "../output/error.ts";
import { type ExplainView, explainText, type UnitExplanation } from "../output/explain-text.ts";
import { type AskedAgents, askAgents } from "./ask-agents.ts";
import type { CommandArguments } from "./catalog.ts";
import { type CommandContext, nowText, type Repository } from "./context.ts";
import { type FoundObject, findObject, saidOf } from "./explain-object.ts";
import { explainUnit } from "./explain-unit.ts";
import { appNames, type ChosenCluster, checkNames, chooseClusters } from "./fleet-view.ts";
import { textFlag } from "./globals.ts";
import { openFleet, withRepository } from "./repository.ts";
import { CliError, type CommandResult } from "./result.ts";
import { commitsTouching } from "./touching.ts";
import { type Wanted, wantedCommit } from "./wanted.ts";

/** `holdfast explain APP|KIND/NAME`: how far a commit got, and what stands in its way. */
export async function explain(
  context: CommandContext,
  { positionals: [name = ""], flags }: CommandArguments,
): Promise<CommandResult> {
  return await withRepository(context, async (repository) => {
    const head = (await repository.head()) ?? (await repository.newest());
    const chosen = chooseClusters(await openFleet(context, head), context.options);
    const rev = textFlag(flags, "rev");
    const tip = await wantedCommit(context, repository, rev);
    const object = name.includes("/")
      ? await findObject(context, { wanted: tip, chosen }, name)
      : undefined;
    const app = object?.app ?? name;
    const asked = await askAgents(context);
    const told = asked.answers.flatMap(({ answer }) => answer.statuses.map((status) => status.app));
    checkNames("app", [app], [...new Set([...appNames(chosen), ...told])]);
    const newest =
      rev === undefined ? await newestOf(context, { repository, tip, app }) : undefined;
    const wanted = newest === undefined ? tip : await wantedCommit(context, repository, newest);
    const units = await explainAll(context, { repository, wanted, app, chosen, asked });
    return answer(context, { wanted, units, object, asked });
  });
}

interface NewestWish {
  readonly repository: Repository;
  readonly tip: Wanted;
  readonly app: string;
}

/** The newest commit that touches what the app may read, or a cluster's file. */
async function newestOf(
  context: CommandContext,
  { repository, tip: { commit, fleet }, app }: NewestWish,
): Promise<string | undefined> {
  const file = fleet?.fleet.apps.get(app)?.file;
  if (fleet === undefined || file === undefined) return undefined;
  const { document, clusters } = fleet.fleet;
  const clusterFiles = [...clusters.values()].map((cluster) => cluster.file);
  const places = [folderOf(file), ...(document.spec.shared ?? []), ...clusterFiles];
  const [newest] = await commitsTouching(context, repository, {
    range: { to: commit, limit: 100 },
    count: 1,
    isMeant: (path) => places.some((place) => isInside(path, place)),
  });
  return newest?.id;
}

interface ExplainWish {
  readonly repository: Repository;
  readonly wanted: Wanted;
  readonly app: string;
  readonly chosen: readonly ChosenCluster[];
  readonly asked: AskedAgents;
}

/** Those that are not live first, the worst of them first. */
async function explainAll(
  context: CommandContext,
  { repository, wanted, app, chosen, asked }: ExplainWish,
): Promise<readonly [UnitExplanation, ...UnitExplanation[]]> {
  const answers = new Map(asked.answers.map((one) => [one.target.cluster, one]));
  const isConcerned = ({ target, selection: { units, broken } }: ChosenCluster) =>
    [...units, ...broken].some((one) => one.app === app) ||
    answers.get(target.name)?.answer.statuses.some((status) => status.app === app) === true;
  const concerned = chosen.filter(isConcerned);
  const clusters = concerned.length === 0 ? chosen : concerned;
  const asking = { repository, wanted, nowMs: context.ports.clock.now() };
  const units = await Promise.all(
    clusters.map(({ target: { name: cluster } }) =>
      explainUnit({ app, cluster, answer: answers.get(cluster) }, asking),
    ),
  );
  const [first, ...others] = units.sort((a, b) => rank(b) - rank(a));
  if (first !== undefined) return [first, ...others];
  throw new CliError({ what: "no cluster is meant", next: "holdfast clusters list" });
}

function rank({ live, isSeen, state }: UnitExplanation): number {
  if (live) return -2;
  if (!isSeen) return -1;
  return state === undefined ? 0 : states[state].value;
}

interface Explained {
  readonly wanted: Wanted;
  readonly units: readonly [UnitExplanation, ...UnitExplanation[]];
  readonly object: FoundObject | undefined;
  readonly asked: AskedAgents;
}

function answer(
  context: CommandContext,
  { wanted, units, object, asked }: Explained,
): CommandResult {
  const [unit, ...others] = units;
  const {
    commit,
    view: { title, author },
  } = wanted;
  const status = asked.answers
    .find(({ target }) => target.cluster === unit.cluster)
    ?.answer.statuses.find((one) => one.app === unit.app);
  const said =
    object === undefined ? {} : { object: { ...object, said: saidOf(object.ref, status) } };
  const view: ExplainView = {
    change: { commit, title, author },
    unit,
    others,
    ...said,
    cannotSee: cannotSee(asked.unreached),
    nowMs: context.ports.clock.now(),
  };
  return {
    exitCode: units.every(({ live }) => live) ? 0 : 1,
    isIncomplete: units.some(({ isSeen }) => !isSeen),
    reports: asked.unreached,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "Explanation",
        generatedAt: nowText(context),
        complete: units.every(({ isSeen }) => isSeen),
        change: view.change,
        ...unit,
        ...said,
        others,
        cannotSee: view.cannotSee,
      },
      draw: (style) => explainText(view, style),
    },
  };
}

function cannotSee(unreached: readonly Report[]): readonly string[] {
  return [
    ...unreached.map(({ what, why }) => (why === undefined ? what : `${what}: ${why}`)),
    "pull requests and signatures of people; which override hides a value; pods below the objects",
  ];
}
