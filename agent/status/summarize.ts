import { jsonEqual } from "../model/json.ts";
import type { Stage } from "../model/state.ts";
import type { UnitStatus } from "../model/status.ts";
import { carriedFindings, changeOf, recoveryMs } from "./carry.ts";
import { conditionsOf } from "./conditions.ts";
import { type Finding, findingOf, findingOfProblem, worstFinding } from "./finding.ts";
import { historyOf } from "./history.ts";
import type { SummarizeInput } from "./input.ts";
import { countsOf, driftOf, heldOf, leftoversOf, problemsOf } from "./lists.ts";
import { composeMessage } from "./message.ts";
import { timeoutAt } from "./objects.ts";
import { passFindings } from "./pass.ts";
import { revisionsOf } from "./revisions.ts";
import { isoOf } from "./time.ts";

/** One unit's status from everything known of it and from what was said before (observability §1–§3). Worst wins. */
export function summarize(input: SummarizeInput): UnitStatus {
  const { unit, previous } = input;
  const now = isoOf(input.nowMs);
  const findings = findingsOf(input);
  const worst = worstFinding(findings);
  const message = composeMessage(worst, findings, unit);
  const digest = input.pass?.renderDigest ?? previous?.digest;
  const passed = passedStages(input, digest);
  return {
    ...identity(input),
    state: worst.state,
    stage: worst.stage,
    reason: worst.reason,
    message,
    since: previous?.state === worst.state ? previous.since : now,
    ...moments(input, findings),
    ...progress(input),
    objects: countsOf(input),
    ...(digest === undefined ? {} : { digest }),
    problems: problemsOf(input),
    drift: driftOf(input),
    ...leftoversOf(input),
    ...heldOf(input),
    ...(input.suspend === undefined ? {} : { suspend: input.suspend }),
    history: historyOf(input),
    handled: input.handled ?? previous?.handled ?? {},
    conditions: conditionsOf(
      { worst, findings, message, passed, whose: unit, now, unwatched: input.unwatched },
      previous,
    ),
  };
}

function identity(input: SummarizeInput) {
  const { app, cluster, namespace, path, rollout, owner, renderer } = input.unit;
  const desired = desiredOf(input);
  const changeId = changeOf(input);
  return {
    app,
    cluster,
    namespace,
    path,
    ...(rollout === undefined ? {} : { rollout }),
    ...(owner === undefined ? {} : { owner }),
    renderer,
    ...(desired === undefined ? {} : { desired }),
    ...(changeId === undefined ? {} : { changeId }),
  };
}

function desiredOf({ desired, fetched, previous }: SummarizeInput): string | undefined {
  return (desired ?? fetched)?.id ?? previous?.desired;
}

function moments({ nowMs, pass, previous }: SummarizeInput, findings: readonly Finding[]) {
  const now = isoOf(nowMs);
  const comparedAt = pass?.complete === true ? now : previous?.comparedAt;
  const isBroken = findings.some(({ state }) => state === "Degraded");
  return {
    ...(comparedAt === undefined ? {} : { comparedAt }),
    ...(isBroken ? { unhealthySince: previous?.unhealthySince ?? now } : {}),
  };
}

/** How far it is, and what waits. */
function progress(input: SummarizeInput) {
  const { pendingCount = 1, previous, nowMs } = input;
  const revisions = revisionsOf(input);
  const desired = desiredOf(input);
  const since = previous?.pending?.since ?? isoOf(nowMs);
  const isPending = desired !== undefined && desired !== revisions.live?.commit;
  return {
    revisions,
    ...(revisions.applied === undefined ? {} : { appliedAt: revisions.applied.at }),
    ...(isPending ? { pending: { count: pendingCount, since } } : {}),
  };
}

function findingsOf(input: SummarizeInput): readonly Finding[] {
  const { pass, unit, nowMs } = input;
  const fresh = [
    ...input.problems.map((problem) => outside(findingOfProblem(problem), input)),
    ...(pass === undefined ? [] : passFindings(pass, unit, nowMs)),
  ].filter((found) => found !== undefined);
  const carried = withoutRepeats(carriedFindings(input), fresh);
  return [...fresh, ...carried, ...queued(input, fresh.length + carried.length), ...behind(input)];
}

/** What is told anew needs no memory; nor does a second condition that told the same. */
function withoutRepeats(carried: readonly Finding[], fresh: readonly Finding[]) {
  const told = new Set(fresh.map(({ reason }) => reason));
  return carried.filter(({ reason }) => {
    const isNew = !told.has(reason);
    told.add(reason);
    return isNew;
  });
}

/** Without any accepted commit to compare with, trouble at the source means that nothing is known. */
function outside(found: Finding | undefined, input: SummarizeInput): Finding | undefined {
  if (found?.stage !== "fetched" || found.state !== "Held") return found;
  const isFollowed =
    input.fetched !== undefined && input.previous?.revisions.attempted !== undefined;
  const hasCommit = input.pass?.attempted !== undefined || isFollowed;
  return hasCommit ? found : { ...found, state: "Unknown" };
}

/** Nothing was compared and nothing is remembered: its turn comes. */
function queued(input: SummarizeInput, known: number): readonly Finding[] {
  const { pass, previous } = input;
  if (pass !== undefined || known > 0) return [];
  const isSame = previous !== undefined && changeOf(input) === previous.changeId;
  return isSame && wasInSync(previous) ? [] : applying("Queued; not compared yet");
}

function wasInSync({ conditions, revisions }: UnitStatus): boolean {
  const isTrue = (type: string) =>
    conditions.some((condition) => condition.type === type && condition.status === "True");
  return revisions.live !== undefined && isTrue("Applied") && isTrue("Healthy");
}

/** The last accepted state is enforced while the newest change waits for its turn. */
function behind({ pass, changeId }: SummarizeInput): readonly Finding[] {
  if (pass === undefined || changeId === undefined || pass.changeId === changeId) return [];
  return applying("The newest change is not applied yet");
}

function applying(message: string): readonly Finding[] {
  const found = findingOf("Applying", message);
  return found === undefined ? [] : [found];
}

function passedStages(input: SummarizeInput, digest: string | undefined): ReadonlySet<Stage> {
  const { fetched, previous, pass } = input;
  const passed = new Set<Stage>();
  if (fetched !== undefined || previous?.revisions.fetched !== undefined) passed.add("fetched");
  if (digest !== undefined) passed.add("rendered").add("gated");
  const isCompared = pass?.complete === true || previous?.comparedAt !== undefined;
  if (isCompared) passed.add("applied").add("healthy");
  return passed;
}

/** Whether there is something to write: freshness alone travels with the Lease (observability §3). */
export function isNews(previous: UnitStatus | undefined, next: UnitStatus): boolean {
  if (previous === undefined) return true;
  return !jsonEqual(
    { ...previous, comparedAt: next.comparedAt },
    { ...next, comparedAt: next.comparedAt },
  );
}

/** When time alone may change the answer (30 s of health, `health.timeout`, a stuck deletion); undefined: only an event can. */
export function summaryDue(input: SummarizeInput, status: UnitStatus): number | undefined {
  const { pass, unit, nowMs } = input;
  if (pass === undefined) return undefined;
  const isLeaving = status.state === "Degraded";
  const moments = [
    ...pass.health
      .filter(({ health }) => health.status === "Progressing" || health.status === "Missing")
      .map((entry) => timeoutAt(entry, unit.healthTimeoutMs)),
    ...pass.deleting.map(({ sinceMs }) => sinceMs + unit.healthTimeoutMs),
    ...(isLeaving ? pass.health.map(({ sinceMs }) => sinceMs + recoveryMs) : []),
  ].filter((moment) => moment > nowMs);
  return moments.length === 0 ? undefined : Math.min(...moments);
}
