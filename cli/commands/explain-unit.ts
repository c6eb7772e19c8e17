import { selectUnits } from "../../agent/fleet/units.ts";
import { type Reason, reasonInfo } from "../../agent/model/reason.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { isoTime } from "../../agent/schedule/clock.ts";
import type { PullState } from "../forge/forge.ts";
import { labelsText } from "../output/clusters-text.ts";
import type { UnitExplanation } from "../output/explain-text.ts";
import type { AgentAnswer } from "./ask-agents.ts";
import type { Repository } from "./context.ts";
import { revertOf, skippedFor, undoneBy } from "./explain-later.ts";
import { type Aimed, fixOf, type Obstacle, type UnitFacts, walkStages } from "./explain-stages.ts";
import { heard } from "./silence.ts";
import type { Member } from "./targets.ts";
import { isLiveOn, type Wanted } from "./wanted.ts";

export interface ExplainUnit {
  readonly app: string;
  readonly cluster: string;
  /** undefined: the cluster could not be asked. */
  readonly answer: AgentAnswer<Member> | undefined;
}

export interface Asking {
  readonly repository: Repository;
  readonly wanted: Wanted;
  /** The commit before it; undefined: it is the first, or not here. */
  readonly before: Wanted | undefined;
  readonly nowMs: number;
  /** The pull request that was asked about; not merged, it has no commit on any branch of ours. */
  readonly pull: PullState | undefined;
  readonly noEffect?: string | undefined;
}

/** Where one commit is on one cluster, and why it is no further. */
export async function explainUnit(
  { app, cluster, answer }: ExplainUnit,
  asking: Asking,
): Promise<UnitExplanation> {
  const status = answer && heard(answer.answer, asking.nowMs).find((one) => one.app === app);
  const facts = await factsOf({ app, cluster, answer, status }, asking);
  const { stages, obstacle } = walkStages(facts);
  const isSame = obstacle === undefined && facts.isLive && facts.noEffect !== undefined;
  const found = isSame ? ({ stage: "targeted", reason: "NoEffect" } as const) : obstacle;
  return {
    app,
    cluster,
    live: facts.isLive && obstacle === undefined,
    wasLive: facts.isLive,
    state: status?.state,
    stage: found?.stage ?? status?.stage,
    reason: found?.reason ?? status?.reason,
    since: status?.since,
    comparedAt: status?.comparedAt,
    stages,
    cause: isSame ? `It renders the same here: ${facts.noEffect}` : obstacle?.message,
    fix: fixFor(obstacle, isSame),
    problems: obstacle?.problems ?? [],
    next: obstacle === undefined ? [] : commandsFor(obstacle, { app, cluster, status }),
    isSeen: answer !== undefined,
    ...leftIn(status),
  };
}

function leftIn(status: UnitStatus | undefined): Pick<UnitExplanation, "leftovers"> {
  const { plan, count = 0 } = status?.leftovers ?? {};
  return plan === undefined ? {} : { leftovers: { count, plan } };
}

function fixFor(obstacle: Obstacle | undefined, isSame: boolean): string | undefined {
  if (isSame) return reasonInfo("NoEffect").next;
  return obstacle === undefined ? undefined : fixOf(obstacle);
}

type Known = ExplainUnit & { readonly status: UnitStatus | undefined };

async function factsOf(
  { app, cluster, answer, status }: Known,
  asking: Asking,
): Promise<UnitFacts> {
  const { repository, wanted, pull, noEffect } = asking;
  const { committedAt } = wanted.view;
  const { fetched, attempted } = status?.revisions ?? {};
  const isOpen = pull !== undefined && pull.state !== "merged";
  return {
    commit: wanted.commit,
    committedAt: committedAt === undefined ? undefined : isoTime(committedAt * 1000),
    ref: repository.ref,
    ...(await placeInHistory(asking, status)),
    pull,
    noEffect,
    aimed: aimedAt(wanted, app, cluster),
    agent: answer === undefined ? undefined : { status },
    isFetched: await wanted.isIn(fetched?.commit),
    isAttempted: (await wanted.isIn(attempted?.commit)) || (await wanted.isIn(status?.desired)),
    isLive: !isOpen && status !== undefined && (await isLiveOn(wanted, status)),
  };
}

async function placeInHistory(
  { repository, wanted, before }: Asking,
  status: UnitStatus | undefined,
): Promise<Pick<UnitFacts, "isMerged" | "elsewhere" | "superseded">> {
  const { commit } = wanted;
  const tip = (await repository.head())?.commit;
  const isMerged = tip === undefined ? undefined : await repository.contains(tip, commit);
  if (isMerged === false) return { isMerged, elsewhere: await branchesWith(repository, commit) };
  const superseded =
    (await revertOf(repository, commit)) ??
    (status && undoneBy(status, { wanted, before })) ??
    skippedFor(commit, status);
  return { isMerged, superseded: isMerged === true ? superseded : undefined };
}

async function branchesWith(repository: Repository, commit: string): Promise<readonly string[]> {
  const names = await repository.branches();
  const holds = await Promise.all(
    names.map(async (name) => {
      const tip = (await repository.at(name))?.commit;
      return tip !== undefined && (await repository.contains(tip, commit)) === true;
    }),
  );
  return names.filter((_name, index) => holds[index]);
}

function aimedAt({ fleet }: Wanted, app: string, cluster: string): Aimed {
  if (fleet === undefined) return { is: "absent" };
  const selection = selectUnits(fleet.fleet, cluster, fleet.hasher);
  const unit = selection.units.find((one) => one.app === app);
  if (unit !== undefined) return { is: "selected", labels: labelsText(unit.cluster.labels) };
  const broken = selection.broken.find((one) => one.app === app);
  if (broken !== undefined) return { is: "invalid", problems: broken.problems };
  const other = selection.unselected.find((one) => one.app === app);
  return other === undefined ? { is: "absent" } : { is: "unselected", why: other.why };
}

type Unit = Pick<Known, "app" | "cluster" | "status">;

/** What to type next. */
function commandsFor(
  { stage, reason }: Obstacle,
  { app, cluster, status }: Unit,
): readonly string[] {
  const where = `${app} --cluster ${cluster}`;
  const named = byReason[reason];
  if (status?.held?.plan !== undefined) return [`holdfast accept ${where}`];
  if (named !== undefined) return named({ app, cluster });
  if (stage === "rendered") return ["holdfast validate"];
  if (stage === "fetched") return [`holdfast sync ${where}`];
  if (reason === "AppSuspended" && status?.suspend !== undefined) {
    return [`holdfast drift list ${where} --live`, `holdfast resume ${where}`];
  }
  if (status?.state === "Drifted") return [`holdfast drift list ${where} --live`];
  const isBroken = status?.state === "Failed" || status?.state === "Degraded";
  return isBroken ? [`holdfast rollback ${app}`] : [`holdfast wait ${where}`];
}

type Named = Pick<Unit, "app" | "cluster">;

const byReason: Partial<Record<Reason, (unit: Named) => readonly string[]>> = {
  NotOnBranch: () => [],
  Superseded: ({ app, cluster }) => [`holdfast explain ${app} --cluster ${cluster}`],
  NotSelected: ({ app }) => [`holdfast clusters targets ${app}`],
  ConfigInvalid: () => ["holdfast validate"],
  RolledBack: ({ app, cluster }) => [
    `holdfast rollback ${app}`,
    `holdfast sync ${app} --cluster ${cluster}`,
  ],
  AgentSilent: ({ app, cluster }) => [`holdfast status ${app} --cluster ${cluster}`],
};
