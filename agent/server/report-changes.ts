import type { HistoryEntry, UnitStatus } from "../model/status.ts";
import type { ReportChange } from "./report-types.ts";
import type { CommitWords, FleetSnapshot } from "./snapshot.ts";

const listed = 20;

interface Step {
  readonly unit: UnitStatus;
  readonly entry: HistoryEntry;
}

/** The commits that reached units, newest first, each with what became of it where. */
export function reportChanges(
  snapshot: FleetSnapshot,
  clean: (text: string) => string,
): readonly ReportChange[] {
  const byCommit = new Map<string, Step[]>();
  for (const unit of snapshot.units) {
    for (const entry of unit.history) {
      const steps = byCommit.get(entry.commit) ?? [];
      byCommit.set(entry.commit, [...steps, { unit, entry }]);
    }
  }
  return [...byCommit]
    .sort(([, a], [, b]) => newest(b).localeCompare(newest(a)))
    .slice(0, listed)
    .map(([commit, steps]) => ({
      commit,
      ...words(wordsOf(snapshot, commit), clean),
      units: steps.map(reportStep),
    }));
}

function newest(steps: readonly Step[]): string {
  return (
    steps
      .map(({ entry }) => entry.fetchedAt)
      .sort()
      .at(-1) ?? ""
  );
}

function reportStep({ unit, entry }: Step): ReportChange["units"][number] {
  const { result, kind, fetchedAt, liveAt } = entry;
  const step = { cluster: unit.cluster, app: unit.app, result, kind, fetchedAt };
  return liveAt === undefined ? step : { ...step, liveAt };
}

function wordsOf({ commits, source }: FleetSnapshot, commit: string): Partial<CommitWords> {
  if (source.commit === commit) {
    const { title, author, committedAt } = source;
    return {
      ...(title === undefined ? {} : { title }),
      ...(author === undefined ? {} : { author }),
      ...(committedAt === undefined ? {} : { committedAt }),
    };
  }
  return commits?.get(commit) ?? {};
}

function words(
  { title, author, committedAt }: Partial<CommitWords>,
  clean: (text: string) => string,
) {
  return {
    ...(title === undefined ? {} : { title: clean(title) }),
    ...(author === undefined ? {} : { author: clean(author) }),
    ...(committedAt === undefined ? {} : { committedAt }),
  };
}
