import { folderOf, isInside } from "../../agent/model/paths.ts";
import { cliApiVersion } from "../output/document.ts";
import { type ExplainView, explainText, type UnitExplanation } from "../output/explain-text.ts";
import type { CommandArguments } from "./catalog.ts";
import { type CommandContext, nowText, type Repository } from "./context.ts";
import { askForExplain, type ExplainAsked } from "./explain-asked.ts";
import { type AskedChange, askedChange, pullNumberOf } from "./explain-change.ts";
import { explainClusters } from "./explain-clusters.ts";
import { type FoundObject, findObject, saidOf } from "./explain-object.ts";
import { appNames, type ChosenCluster, checkNames, chooseClusters } from "./fleet-view.ts";
import { textFlag } from "./globals.ts";
import { openFleet, withRepository } from "./repository.ts";
import type { CommandResult } from "./result.ts";
import { commitsTouching } from "./touching.ts";
import { type Wanted, wantedCommit } from "./wanted.ts";

/** `holdfast explain APP|KIND/NAME`: how far a commit got, and what stands in its way. */
export async function explain(
  context: CommandContext,
  { positionals: [name = ""], flags }: CommandArguments,
): Promise<CommandResult> {
  const path = textFlag(flags, "value");
  if (path !== undefined) {
    const { explainValue } = await import("./explain-value.ts");
    return await explainValue(context, { app: name, path, rev: textFlag(flags, "rev") });
  }
  return await withRepository(context, async (repository) => {
    const head = (await repository.head()) ?? (await repository.newest());
    const chosen = chooseClusters(await openFleet(context, head), context.options);
    const change = await askedChange(context, repository, flags);
    const tip = await wantedCommit(context, repository, change.rev);
    const object = name.includes("/")
      ? await findObject(context, { wanted: tip, chosen }, name)
      : undefined;
    const app = object?.app ?? name;
    const asked = await askForExplain(context);
    const told = asked.answers.flatMap(({ answer }) => answer.statuses.map((status) => status.app));
    checkNames("app", [app], [...new Set([...appNames(chosen), ...told])]);
    const isNamed = change.rev !== undefined || change.pull !== undefined;
    const newest = isNamed ? undefined : await newestOf(context, { repository, tip, app, chosen });
    const wanted = newest === undefined ? tip : await wantedCommit(context, repository, newest);
    const nowMs = context.ports.clock.now();
    const before = await beforeOf(context, repository, wanted);
    const wish = { repository, wanted, before, pull: change.pull, nowMs, app, chosen, asked };
    const units = await explainClusters(context, wish);
    return answer(context, { wanted, change, units, object, asked });
  });
}

async function beforeOf(
  context: CommandContext,
  repository: Repository,
  { commit }: Wanted,
): Promise<Wanted | undefined> {
  const parent = (await repository.log({ to: commit, limit: 1 }))[0]?.parents[0];
  const isHere = parent !== undefined && (await repository.at(parent)) !== undefined;
  return isHere ? await wantedCommit(context, repository, parent) : undefined;
}

interface NewestWish {
  readonly repository: Repository;
  readonly tip: Wanted;
  readonly app: string;
  readonly chosen: readonly ChosenCluster[];
}

/** The newest commit that touches what the app may read, or the file of a cluster that is meant. */
async function newestOf(
  context: CommandContext,
  { repository, tip: { commit, fleet }, app, chosen }: NewestWish,
): Promise<string | undefined> {
  const file = fleet?.fleet.apps.get(app)?.file;
  if (fleet === undefined || file === undefined) return undefined;
  const { document, clusters } = fleet.fleet;
  const clusterFiles = chosen.flatMap(({ target }) => clusters.get(target.name)?.file ?? []);
  const places = [folderOf(file), ...(document.spec.shared ?? []), ...clusterFiles];
  const [newest] = await commitsTouching(context, repository, {
    range: { to: commit, limit: 100 },
    count: 1,
    isMeant: (path) => places.some((place) => isInside(path, place)),
  });
  return newest?.id;
}

interface Explained {
  readonly wanted: Wanted;
  readonly change: AskedChange;
  readonly units: readonly [UnitExplanation, ...UnitExplanation[]];
  readonly object: FoundObject | undefined;
  readonly asked: ExplainAsked;
}

function answer(
  context: CommandContext,
  { wanted, change, units, object, asked }: Explained,
): CommandResult {
  const [unit, ...others] = units;
  const status = asked.answers
    .find(({ target }) => target.cluster === unit.cluster)
    ?.answer.statuses.find((one) => one.app === unit.app);
  const said =
    object === undefined ? {} : { object: { ...object, said: saidOf(object.ref, status) } };
  const view: ExplainView = {
    change: changeText(wanted, change),
    unit,
    others,
    ...said,
    cannotSee: cannotSee(asked),
    nowMs: context.ports.clock.now(),
  };
  return {
    exitCode: units.every(({ live }) => live) ? 0 : 1,
    isIncomplete: units.some(({ isSeen }) => !isSeen),
    reports: units.every(({ isSeen }) => isSeen) ? [] : asked.unreached,
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

function changeText(
  { commit, view: { title, author } }: Wanted,
  { pull }: AskedChange,
): ExplainView["change"] {
  if (pull === undefined) {
    const number = pullNumberOf(title);
    return { commit, title, author, ...(number === undefined ? {} : { pullRequest: number }) };
  }
  const isMerged = pull.state === "merged";
  const pullRequest = pull.number;
  return isMerged
    ? { commit, title, author, pullRequest }
    : { commit: undefined, title: pull.title, author: undefined, pullRequest };
}

function cannotSee({ unreached, byRecord }: ExplainAsked): readonly string[] {
  return [
    ...unreached.map(({ what, why }) => (why === undefined ? what : `${what}: ${why}`)),
    ...[...byRecord].map((name) => `messages and objects of ${name}: its status record has none`),
  ];
}
