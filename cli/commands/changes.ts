import type { HistoryEntry } from "../../agent/model/status.ts";
import type { ChangeRow } from "../output/history-text.ts";
import type { AgentAnswer } from "./ask-agents.ts";
import type { Member } from "./targets.ts";

/** One entry of one cluster's history of an app. */
export interface PlacedEntry {
  readonly cluster: string;
  readonly environment: string;
  readonly entry: HistoryEntry;
}

/** What the agents remember of one app. */
export function entriesOf(
  answers: readonly AgentAnswer<Member>[],
  app: string,
): readonly PlacedEntry[] {
  return answers.flatMap(({ target: { cluster, environment }, answer }) =>
    answer.statuses
      .filter((status) => status.app === app)
      .flatMap(({ history }) => history.map((entry) => ({ cluster, environment, entry }))),
  );
}

type Change = Omit<ChangeRow, "title" | "author">;

type KeyOf = (entry: HistoryEntry) => string;

/** A change that came back by a revert is one change: what it says is the newer time. */
export const byChange: KeyOf = ({ change }) => change;
/** Each coming of a change by itself. */
export const byCommit: KeyOf = ({ change, commit }) => `${change} ${commit}`;

/** The same on several clusters is one; newest first. */
export function changesOf(entries: readonly PlacedEntry[], keyOf: KeyOf): readonly Change[] {
  const groups = Map.groupBy(entries, ({ entry }) => keyOf(entry));
  return [...groups.values()]
    .flatMap((group) => changeOf(newestPerCluster(group)))
    .sort((a, b) => Date.parse(b.fetchedAt) - Date.parse(a.fetchedAt));
}

function newestPerCluster(group: readonly PlacedEntry[]): readonly PlacedEntry[] {
  const byCluster = Map.groupBy(group, ({ cluster }) => cluster);
  return [...byCluster.values()].flatMap((same) => [...same].sort(byTime).slice(-1));
}

function byTime(a: PlacedEntry, b: PlacedEntry): number {
  return Date.parse(a.entry.fetchedAt) - Date.parse(b.entry.fetchedAt);
}

const worstFirst = ["failed", "running", "superseded", "succeeded"] as const;

function changeOf(group: readonly PlacedEntry[]): readonly Change[] {
  const sorted = [...group].sort(byTime);
  const [first] = sorted;
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return [];
  const worst =
    worstFirst.flatMap((result) => group.filter(({ entry }) => entry.result === result))[0] ??
    first;
  return [
    {
      change: first.entry.change,
      commit: last.entry.commit,
      kind: last.entry.kind,
      result: worst.entry.result,
      reason: worst.entry.reason,
      fetchedAt: first.entry.fetchedAt,
      durationMs: durationOf(group, first.entry.fetchedAt),
      environments: environmentsOf(group),
      clusters: group.map(({ cluster, entry }) => ({ cluster, ...entry })),
    },
  ];
}

function durationOf(group: readonly PlacedEntry[], since: string): number | undefined {
  const times = group.map(({ entry }) => Date.parse(entry.liveAt ?? ""));
  return times.some(Number.isNaN) ? undefined : Math.max(...times) - Date.parse(since);
}

function environmentsOf(group: readonly PlacedEntry[]): Change["environments"] {
  const groups = Map.groupBy(group, ({ environment }) => environment);
  return [...groups].map(([environment, all]) => ({
    environment,
    clusters: all.length,
    live: all.filter(({ entry }) => entry.liveAt !== undefined).length,
  }));
}
