import type { Commit } from "../model/artifact.ts";
import type { HistoryEntry, UnitStatus } from "../model/status.ts";
import { type Finding, worstFinding } from "./finding.ts";
import type { Pass, SummarizeInput } from "./input.ts";
import { passFindings } from "./pass.ts";
import { isLive } from "./revisions.ts";
import { isoOf } from "./time.ts";

/** How many ended changes a unit remembers. */
export const historyLimit = 20;

type History = readonly HistoryEntry[];

/** The changes of this unit, newest first: a change id with another render that came to an end, or runs. */
export function historyOf(input: SummarizeInput): History {
  const before = withSkipped(input.previous?.history ?? [], input);
  const { pass } = input;
  if (pass?.attempted === undefined) return before.slice(0, historyLimit);
  const begun = begin(before, { ...pass, attempted: pass.attempted }, input);
  const [current, ...older] = begun;
  if (current === undefined || current.digest !== pass.renderDigest) return begun;
  const worst = worstFinding(passFindings(pass, input.unit, input.nowMs));
  return [judge(current, { pass, worst, nowMs: input.nowMs }), ...older].slice(0, historyLimit);
}

function withSkipped(history: History, { skipped = [], previous, nowMs }: SummarizeInput): History {
  const known = new Set(history.map(({ change }) => change));
  const entries = skipped
    .filter(({ changeId }) => !known.has(changeId))
    .map(
      ({ commit, changeId }): HistoryEntry => ({
        change: changeId,
        commit: commit.id,
        digest: "",
        kind: kindOf(changeId, commit, history),
        result: "superseded",
        reason: "Superseded",
        fetchedAt: previous?.revisions.fetched?.at ?? isoOf(nowMs),
      }),
    );
  return [...entries, ...history];
}

/** A new entry once there is another render; the one that still ran was overtaken. */
function begin(
  history: History,
  pass: Pass & { readonly attempted: Commit },
  input: SummarizeInput,
): History {
  const commit = pass.attempted;
  const last = history.find(({ result }) => result !== "superseded");
  if (last?.digest === pass.renderDigest) return first(history, last);
  const ended = history.map((entry) =>
    entry.result === "running"
      ? { ...entry, result: "superseded" as const, reason: "Superseded" as const }
      : entry,
  );
  const fetched = input.previous?.revisions.fetched;
  const entry: HistoryEntry = {
    change: pass.changeId,
    commit: commit.id,
    digest: pass.renderDigest,
    kind: pass.isFallback === true ? "rollback" : kindOf(pass.changeId, commit, history),
    result: "running",
    reason: "Applying",
    fetchedAt: fetched?.commit === commit.id ? fetched.at : isoOf(input.nowMs),
  };
  return [entry, ...ended];
}

function first(history: History, entry: HistoryEntry): History {
  return [entry, ...history.filter((other) => other !== entry)];
}

/** a revert says so, or brings a change back that was live before. */
function kindOf(changeId: string, { message }: Commit, history: History): HistoryEntry["kind"] {
  const wasLive = history.some(
    ({ change, result }) => change === changeId && result === "succeeded",
  );
  return wasLive || message.includes("This reverts commit ") ? "rollback" : "change";
}

interface Verdict {
  readonly pass: Pass;
  readonly worst: Finding;
  readonly nowMs: number;
}

/** Live once is succeeded for good; failed may still become live when its cause goes away. */
function judge(entry: HistoryEntry, { pass, worst, nowMs }: Verdict): HistoryEntry {
  if (pass.isLeft === true) return { ...entry, result: "failed", reason: worst.reason };
  if (entry.result === "succeeded") return entry;
  if (isLive(pass)) {
    return { ...entry, result: "succeeded", reason: "InSync", liveAt: isoOf(nowMs) };
  }
  const hasFailed = worst.state === "Failed" || worst.reason === "HealthTimeout";
  return hasFailed ? { ...entry, result: "failed", reason: worst.reason } : entry;
}

/** Whether a change id was live here before. */
export function wasLive({ history }: Pick<UnitStatus, "history">, changeId: string): boolean {
  return history.some(({ change, liveAt }) => change === changeId && liveAt !== undefined);
}
