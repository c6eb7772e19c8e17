import { selectUnits } from "../../agent/fleet/units.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { isoTime } from "../../agent/schedule/clock.ts";
import { labelsText } from "../output/clusters-text.ts";
import type { UnitExplanation } from "../output/explain-text.ts";
import type { AgentAnswer } from "./ask-agents.ts";
import type { Repository } from "./context.ts";
import { type Aimed, fixOf, type Obstacle, type UnitFacts, walkStages } from "./explain-stages.ts";
import { heard } from "./silence.ts";
import { isLiveOn, type Wanted } from "./wanted.ts";

export interface ExplainUnit {
  readonly app: string;
  readonly cluster: string;
  /** undefined: the cluster could not be asked. */
  readonly answer: AgentAnswer | undefined;
}

export interface Asking {
  readonly repository: Repository;
  readonly wanted: Wanted;
  readonly nowMs: number;
}

/** Where one commit is on one cluster, and why it is no further. */
export async function explainUnit(
  { app, cluster, answer }: ExplainUnit,
  { repository, wanted, nowMs }: Asking,
): Promise<UnitExplanation> {
  const status = answer && heard(answer.answer, nowMs).find((one) => one.app === app);
  const facts = await factsOf({ app, cluster, answer, status }, { repository, wanted, nowMs });
  const { stages, obstacle } = walkStages(facts);
  return {
    app,
    cluster,
    live: facts.isLive && obstacle === undefined,
    wasLive: facts.isLive,
    state: status?.state,
    stage: obstacle?.stage ?? status?.stage,
    reason: obstacle?.reason ?? status?.reason,
    since: status?.since,
    comparedAt: status?.comparedAt,
    stages,
    cause: obstacle?.message,
    fix: obstacle === undefined ? undefined : fixOf(obstacle),
    problems: obstacle?.problems ?? [],
    next: obstacle === undefined ? [] : commandsFor(obstacle, { app, cluster, status }),
    isSeen: answer !== undefined,
  };
}

type Known = ExplainUnit & { readonly status: UnitStatus | undefined };

async function factsOf(
  { app, cluster, answer, status }: Known,
  { repository, wanted }: Asking,
): Promise<UnitFacts> {
  const tip = (await repository.head())?.commit;
  const { committedAt } = wanted.view;
  const { fetched, attempted } = status?.revisions ?? {};
  return {
    commit: wanted.commit,
    committedAt: committedAt === undefined ? undefined : isoTime(committedAt * 1000),
    ref: repository.ref,
    isMerged: tip === undefined ? undefined : await repository.contains(tip, wanted.commit),
    aimed: aimedAt(wanted, app, cluster),
    agent: answer === undefined ? undefined : { status },
    isFetched: await wanted.isIn(fetched?.commit),
    isAttempted: (await wanted.isIn(attempted?.commit)) || (await wanted.isIn(status?.desired)),
    isLive: status !== undefined && (await isLiveOn(wanted, status)),
  };
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
  if (status?.held?.plan !== undefined) return [`holdfast accept ${where}`];
  if (reason === "NotSelected") return [`holdfast clusters targets ${app}`];
  if (reason === "ConfigInvalid" || stage === "rendered") return ["holdfast validate"];
  if (reason === "AgentSilent") return [`holdfast status ${where}`];
  if (stage === "fetched") return [`holdfast sync ${where}`];
  if (status?.state === "Drifted") return [`holdfast diff ${where}`];
  const isBroken = status?.state === "Failed" || status?.state === "Degraded";
  return isBroken ? [`holdfast rollback ${app}`] : [`holdfast wait ${where}`];
}
