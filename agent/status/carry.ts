import { reasonInfo } from "../model/reason.ts";
import type { Condition, UnitStatus } from "../model/status.ts";
import { asReason, type Finding, findingOf } from "./finding.ts";
import type { Pass, SummarizeInput } from "./input.ts";

/** How long every object must have been healthy before a unit leaves Degraded. */
export const recoveryMs = 30_000;

/**
 * A state improves only on evidence (observability §1): what the last status said and this pass has not disproved.
 * Source, gate and suspension are told anew every time and need no memory.
 */
export function carriedFindings(input: SummarizeInput): readonly Finding[] {
  const { previous, pass } = input;
  if (previous === undefined) return [];
  const remembered = rememberedFindings(previous);
  if (pass?.complete === true) return isRecovered(pass, input) ? [] : remembered.filter(isBroken);
  const isNewInput = changeOf(input) !== previous.changeId;
  return remembered.filter((found) => isStillSaid(found, input, isNewInput));
}

/** The change this status is about. */
export function changeOf({ changeId, pass, previous }: SummarizeInput): string | undefined {
  const applied = pass?.isFallback === true ? undefined : pass?.changeId; // an older render is not what it is about
  return changeId ?? applied ?? previous?.changeId;
}

function isStillSaid(found: Finding, input: SummarizeInput, isNewInput: boolean): boolean {
  if (found.state === "Progressing") return input.pass === undefined && !isSuspending(input);
  const isAboutInput = found.state === "Failed" || found.state === "Held";
  return !(isNewInput && isAboutInput);
}

function isSuspending({ problems }: SummarizeInput): boolean {
  return problems.some(({ reason }) => reasonInfo(reason).state === "Suspended");
}

const rememberedTypes: ReadonlySet<string> = new Set([
  "Rendered",
  "Applied",
  "Healthy",
  "Held",
  "Drifted",
]);

function rememberedFindings({ conditions }: UnitStatus): readonly Finding[] {
  return conditions
    .filter(({ type }) => rememberedTypes.has(type))
    .map(toFinding)
    .filter((found) => found !== undefined);
}

function toFinding({ type, status, reason, message }: Condition): Finding | undefined {
  const known = asReason(reason);
  const isAllRight = status === "True" && type !== "Held" && type !== "Drifted";
  if (known === undefined || isAllRight) return undefined;
  const { stage } = reasonInfo(known);
  const isOurs = stage === "rendered" || stage === "applied" || stage === "healthy";
  const found = isOurs ? findingOf(known, message) : undefined;
  return found && { ...found, isComposed: true };
}

function isBroken({ state, stage }: Finding): boolean {
  return state === "Degraded" && stage === "healthy";
}

function isRecovered({ health, deleting }: Pass, { nowMs }: SummarizeInput): boolean {
  const isStuck = deleting.some(({ finalizers, putOff }) => finalizers.length > 0 && !putOff);
  return (
    !isStuck &&
    health.every(({ health: { status }, sinceMs, awaited }) => {
      if (awaited === false || status === "Suspended") return status !== "Degraded";
      return status === "Healthy" && nowMs >= sinceMs + recoveryMs;
    })
  );
}
