import { describeRef } from "../model/object.ts";
import { type Problem, placeOf } from "../model/problem.ts";
import { type Reason, reasonInfo, reasons } from "../model/reason.ts";
import { type Stage, type State, stages, states } from "../model/state.ts";

/** One thing that is to be said of a unit. A status tells the worst; conditions tell the rest. */
export interface Finding {
  readonly state: State;
  readonly stage: Stage;
  readonly reason: Reason;
  readonly message: string;
  /** The next step, when it is more exact than that of the reason. */
  readonly next?: string;
  /** The message was composed before and ends with its next step already. */
  readonly isComposed?: boolean;
}

/** A finding as the reason's row of the table places it; undefined for an answer about a commit. */
export function findingOf(reason: Reason, message: string): Finding | undefined {
  const { state, stage } = reasonInfo(reason);
  return state === undefined ? undefined : { state, stage, reason, message };
}

/** What a problem says of the unit, with place and object in front. */
export function findingOfProblem(problem: Problem): Finding | undefined {
  const about = [
    placeOf(problem),
    unsaid(problem, nameOf(problem)),
    unsaid(problem, problem.field),
  ];
  const message = [...about, problem.message].filter((part) => part !== "").join(": ");
  const found = findingOf(problem.reason, message);
  if (found === undefined || problem.next === undefined) return found;
  return { ...found, next: problem.next };
}

function nameOf({ ref }: Problem): string | undefined {
  return ref === undefined ? undefined : describeRef(ref);
}

/** What the message does not say itself. */
function unsaid({ message }: Problem, text = ""): string {
  return message.includes(text) ? "" : text;
}

/** The worst first; among equals the earlier stage, then the order given. Never empty-handed: InSync for none. */
export function worstFinding(findings: readonly Finding[]): Finding {
  return findings.reduce<Finding>((worst, next) => (isWorse(next, worst) ? next : worst), {
    state: "Synced",
    stage: "healthy",
    reason: "InSync",
    message: reasonInfo("InSync").summary,
  });
}

function isWorse(a: Finding, b: Finding): boolean {
  const by = states[a.state].value - states[b.state].value;
  return by !== 0 ? by > 0 : stages.indexOf(a.stage) < stages.indexOf(b.stage);
}

/** Text from a stored status; undefined for one that this version does not know. */
export function asReason(text: string): Reason | undefined {
  const known: Readonly<Record<string, unknown>> = reasons;
  return Object.hasOwn(known, text) ? (text as Reason) : undefined;
}
