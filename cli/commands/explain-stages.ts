import type { Problem } from "../../agent/model/problem.ts";
import { type Reason, reasonInfo } from "../../agent/model/reason.ts";
import { needsAttention, type Stage, stages } from "../../agent/model/state.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import type { PullState } from "../forge/forge.ts";
import { listNames, shortId } from "../output/text.ts";

/** What Git makes of a unit at the commit in question. */
export type Aimed =
  | { readonly is: "selected"; readonly labels: string }
  | { readonly is: "unselected"; readonly why: string }
  | { readonly is: "invalid"; readonly problems: readonly Problem[] }
  /** No document of the app, or of the cluster. */
  | { readonly is: "absent" };

/** Everything that is known of one commit on one unit. */
export interface UnitFacts {
  readonly commit: string;
  /** ISO 8601. */
  readonly committedAt: string | undefined;
  readonly ref: string;
  /** undefined: the history at hand does not tell. */
  readonly isMerged: boolean | undefined;
  readonly aimed: Aimed;
  /** undefined: the cluster could not be asked. */
  readonly agent: { readonly status: UnitStatus | undefined } | undefined;
  readonly isFetched: boolean;
  /** What the agent says is about this commit, or one that holds it. */
  readonly isAttempted: boolean;
  readonly isLive: boolean;
  /** The pull request that was asked about. */
  readonly pull?: Pick<PullState, "number" | "state" | "base"> | undefined;
  /** Other branches that have the commit; asked only where the tracked one has not. */
  readonly elsewhere?: readonly string[];
  /** A newer commit took its place. */
  readonly superseded?: Superseding | undefined;
  /** It renders the same here as the commit before it, and why. */
  readonly noEffect?: string | undefined;
}

export interface Superseding {
  readonly by: string;
  readonly how: "reverted" | "skipped";
}

export interface StageLine {
  readonly stage: Stage;
  readonly result: "done" | "stopped" | "not reached" | "not seen";
  readonly at?: string;
  readonly evidence: readonly string[];
}

export interface Obstacle {
  readonly stage: Stage;
  readonly reason: Reason;
  readonly message: string;
  readonly problems: readonly Problem[];
}

export interface Walk {
  readonly stages: readonly StageLine[];
  /** The first stage that is not done; absent when all are, or where nobody can see further. */
  readonly obstacle: Obstacle | undefined;
}

type Step =
  | { readonly result: "done"; readonly at?: string; readonly evidence: readonly string[] }
  | ({ readonly result: "stopped" } & Omit<Obstacle, "stage">)
  | { readonly result: "not seen"; readonly evidence: readonly string[] };

/** Walks the stages in order and stops at the first that is not done (cli.md §3). */
export function walkStages(facts: UnitFacts): Walk {
  const lines: StageLine[] = [];
  let obstacle: Obstacle | undefined;
  for (const stage of stages) {
    if (obstacle !== undefined) {
      lines.push({ stage, result: "not reached", evidence: servingText(stage, facts) });
      continue;
    }
    const step = stepOf(stage, facts);
    if (step.result === "stopped") {
      const { reason, message, problems } = step;
      obstacle = { stage, reason, message, problems };
      lines.push({
        stage,
        result: "stopped",
        evidence: [message === "" ? reason : `${reason}: ${message}`],
      });
    } else lines.push({ stage, ...step });
  }
  return { stages: lines, obstacle };
}

function stepOf(stage: Stage, facts: UnitFacts): Step {
  switch (stage) {
    case "merged":
      return merged(facts);
    case "targeted":
      return targeted(facts);
    case "fetched":
      return fetched(facts);
    case "rendered":
    case "gated":
    case "applied":
    case "healthy":
      return onCluster(stage, facts);
  }
}

function stopped(reason: Reason, message: string, problems: readonly Problem[] = []): Step {
  return { result: "stopped", reason, message, problems };
}

function merged({ isMerged, ref, commit, committedAt, pull, elsewhere = [] }: UnitFacts): Step {
  if (pull !== undefined && pull.state !== "merged") {
    return stopped("NotOnBranch", `pull request #${pull.number} is ${pull.state}, not merged`);
  }
  if (isMerged === true) return done(committedAt, [`on ${ref}`]);
  if (isMerged === undefined)
    return { result: "not seen", evidence: [`the history of ${ref} is not all here`] };
  const has = elsewhere.length === 0 ? "" : `; it is on ${listNames(elsewhere)}`;
  const into =
    pull === undefined ? "" : `pull request #${pull.number} was merged into ${pull.base}: `;
  return stopped("NotOnBranch", `${into}${shortId(commit)} is not in the history of ${ref}${has}`);
}

function done(at: string | undefined, evidence: readonly string[]): Step {
  return { result: "done", evidence, ...(at === undefined ? {} : { at }) };
}

function targeted(facts: UnitFacts): Step {
  const { aimed, agent } = facts;
  const status = agent?.status;
  const overtaken = overtakenBy(facts);
  if (overtaken !== undefined) return stopped("Superseded", overtaken);
  if (status?.stage === "targeted" && needsAttention(status.state)) return bySelf(status);
  switch (aimed.is) {
    case "selected":
      return done(undefined, aimText(aimed.labels, facts));
    case "unselected":
      return stopped("NotSelected", aimed.why);
    case "invalid":
      return stopped("ConfigInvalid", aimed.problems[0]?.message ?? "", aimed.problems);
    case "absent":
      return stopped("NotSelected", "no document of this app or this cluster is in that commit");
  }
}

/** What a newer commit took back does not come any more; what it brings along comes with it. */
function overtakenBy({ superseded, isLive }: UnitFacts): string | undefined {
  if (superseded === undefined) return undefined;
  const by = shortId(superseded.by);
  if (superseded.how === "reverted") return `${by} reverts it`;
  return isLive ? undefined : `skipped: ${by}, which holds it, came before it was applied`;
}

function aimText(labels: string, { noEffect, superseded }: UnitFacts): readonly string[] {
  return [
    labels === "" ? "every cluster is meant" : labels,
    ...(noEffect === undefined ? [] : [`NoEffect: ${noEffect}`]),
    ...(superseded === undefined ? [] : [`came with ${shortId(superseded.by)}`]),
  ];
}

function bySelf({ reason, message, problems }: UnitStatus): Step {
  return stopped(reason, message, problems);
}

const unasked: Step = { result: "not seen", evidence: ["the cluster could not be asked"] };

function fetched({ agent, isFetched, isLive, commit }: UnitFacts): Step {
  if (agent === undefined) return unasked;
  const { status } = agent;
  if (status === undefined)
    return stopped("AgentSilent", "the agent there says nothing about this app");
  if (status.reason === "AgentSilent") return bySelf(status);
  const { fetched: got } = status.revisions;
  // The same change under another commit, as after a rebase, is there as well.
  if (isFetched || isLive) return done(got?.at, []);
  if (status.stage === "fetched") return bySelf(status);
  return stopped(
    "Applying",
    `the agent has ${shortId(got?.commit)}; it has not fetched ${shortId(commit)} yet`,
  );
}

function onCluster(stage: Stage, { agent, isLive, isAttempted, commit }: UnitFacts): Step {
  const status = agent?.status;
  if (status === undefined) return unasked;
  const { attempted, live } = status.revisions;
  const isOthers = !isAttempted || (isLive && live?.commit !== attempted?.commit);
  if (isLive && isOthers) return done(live?.at, []);
  if (!isAttempted) {
    return stopped(
      "Applying",
      `the agent is at ${shortId(attempted?.commit)}; ${shortId(commit)} waits its turn`,
    );
  }
  const isBefore = stages.indexOf(stage) < stages.indexOf(status.stage);
  if (isBefore || status.state === "Synced")
    return done(timeOf(stage, status), evidenceOf(stage, status));
  if (isLive && !needsAttention(status.state))
    return done(timeOf(stage, status), evidenceOf(stage, status));
  return bySelf(status);
}

function timeOf(stage: Stage, { appliedAt, revisions: { live } }: UnitStatus): string | undefined {
  if (stage === "applied") return appliedAt;
  return stage === "healthy" ? live?.at : undefined;
}

function evidenceOf(
  stage: Stage,
  { renderer, objects, conditions }: UnitStatus,
): readonly string[] {
  if (stage === "rendered") return [`${renderer}, ${objects.managed} objects`];
  if (stage === "applied") {
    return conditions.filter(({ type }) => type === "Unwatched").map(({ message }) => message); // C-8
  }
  return stage === "healthy"
    ? [`${objects.managed - objects.unhealthy} of ${objects.managed} at rest`]
    : [];
}

/** What runs instead. */
function servingText(stage: Stage, { agent, isLive }: UnitFacts): readonly string[] {
  const live = agent?.status?.revisions.live?.commit;
  return stage === "healthy" && live !== undefined && !isLive
    ? [`${shortId(live)} was live last`]
    : [];
}

/** What a person does about it. */
export function fixOf({ reason, problems }: Obstacle): string {
  return problems.find(({ next }) => next !== undefined)?.next ?? reasonInfo(reason).next;
}
