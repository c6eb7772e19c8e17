import type { ObjectRef } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import { reasons } from "../model/reason.ts";
import { needsAttention, states, worstState } from "../model/state.ts";
import type {
  DriftEntry,
  Held,
  HistoryEntry,
  Leftovers,
  Revision,
  UnitStatus,
} from "../model/status.ts";
import { reportChanges } from "./report-changes.ts";
import type {
  ReportCluster,
  ReportDrift,
  ReportHeld,
  ReportLeftovers,
  ReportProblem,
  ReportRef,
  ReportRevision,
  ReportUnit,
  StatusReport,
} from "./report-types.ts";
import type { FleetSnapshot } from "./snapshot.ts";

type Clean = (text: string) => string;

const listedProblems = 20;
const listedDrift = 20;
const listedDeletions = 50;
const textLimit = 1024;

/**
 * The document of `GET /api/v1/status` and `holdfast status -o json`, field by field: nothing that is not named here
 * gets out (NEG-25). `clean` is the last scrubber; every free text passes it.
 */
export function statusReport(snapshot: FleetSnapshot, clean: Clean = (text) => text): StatusReport {
  const short = (text: string): string => clean(text).slice(0, textLimit);
  const { cluster, source, ready } = snapshot;
  const units = snapshot.units.map((unit) => reportUnit(unit, short)).sort(byUrgency);
  return {
    apiVersion: "cli.holdfast.dev/v1",
    kind: "StatusReport",
    generatedAt: snapshot.asOf,
    complete: ready.ok && source.commit !== undefined,
    problems: snapshot.problems.map((problem) => reportProblem(problem, short, { cluster })),
    source: {
      url: short(source.url),
      ref: short(source.ref),
      ...optional("commit", source.commit),
      ...optional("title", cleaned(source.title, short)),
      ...optional("author", cleaned(source.author, short)),
      ...optional("committedAt", source.committedAt),
      ...optional("answeredAt", source.answeredAt),
      ...optional("reason", source.reason),
      ...optional("message", cleaned(source.message, short)),
    },
    clusters: [reportCluster(snapshot, units, short)],
    units,
    changes: reportChanges(snapshot, short),
  };
}

/** Several clusters as one answer: for the CLI, which asks each. The newest source wins; incomplete is contagious. */
export function mergeReports(reports: readonly StatusReport[]): StatusReport | undefined {
  const newest = [...reports].sort((a, b) =>
    (b.source.committedAt ?? "").localeCompare(a.source.committedAt ?? ""),
  )[0];
  if (newest === undefined) return undefined;
  return {
    ...newest,
    generatedAt:
      reports
        .map((report) => report.generatedAt)
        .sort()
        .at(-1) ?? newest.generatedAt,
    complete: reports.every((report) => report.complete),
    problems: reports.flatMap((report) => report.problems),
    clusters: reports.flatMap((report) => report.clusters),
    units: reports.flatMap((report) => report.units).sort(byUrgency),
    changes: newest.changes,
  };
}

function reportCluster(
  snapshot: FleetSnapshot,
  units: readonly ReportUnit[],
  clean: Clean,
): ReportCluster {
  const { ready } = snapshot;
  return {
    name: snapshot.cluster,
    ...optional("environment", cleaned(snapshot.environment, clean)),
    ...optional("agent", cleaned(snapshot.agentVersion, clean)),
    ...optional("kubernetes", cleaned(snapshot.kubernetes, clean)),
    ready: ready.ok,
    ...(ready.ok
      ? {}
      : {
          why: clean(ready.why),
          ...optional("knownClusters", ready.knownClusters?.map(clean)),
        }),
    worst: ready.ok ? worstState(units.map((unit) => unit.state)) : "Unknown",
    units: units.length,
    attention: units.filter((unit) => needsAttention(unit.state)).length,
    converged: units.filter((u) => u.desired !== undefined && u.desired === u.live).length,
    asOf: snapshot.asOf,
  };
}

function reportUnit(unit: UnitStatus, clean: Clean): ReportUnit {
  const { cluster, app, owner = {}, revisions, suspend, held } = unit;
  return {
    cluster,
    app,
    namespace: clean(unit.namespace),
    path: clean(unit.path),
    renderer: unit.renderer,
    ...optional("rollout", unit.rollout),
    ...optional("team", cleaned(owner.team, clean)),
    ...optional("contact", cleaned(owner.contact, clean)),
    state: unit.state,
    stage: unit.stage,
    reason: unit.reason,
    message: clean(unit.message),
    next: reasons[unit.reason].next,
    since: unit.since,
    ...optional("comparedAt", unit.comparedAt),
    ...optional("appliedAt", unit.appliedAt),
    ...optional("desired", unit.desired),
    ...optional("live", revisions.live?.commit),
    revisions: {
      ...optional("fetched", reportRevision(revisions.fetched)),
      ...optional("attempted", reportRevision(revisions.attempted)),
      ...optional("applied", reportRevision(revisions.applied)),
      ...optional("live", reportRevision(revisions.live)),
    },
    ...optional("pending", unit.pending),
    objects: { ...unit.objects },
    problems: unit.problems
      .slice(0, listedProblems)
      .map((problem) => reportProblem(problem, clean, { cluster, app })),
    problemCount: unit.problems.length,
    drift: unit.drift.slice(0, listedDrift).map((entry) => reportDrift(entry, clean)),
    ...optional("leftovers", reportLeftovers(unit.leftovers, clean)),
    ...optional("held", held === undefined ? undefined : reportHeld(held, clean)),
    ...(suspend === undefined
      ? {}
      : {
          suspend: {
            by: clean(suspend.by),
            reason: clean(suspend.reason),
            until: clean(suspend.until),
          },
        }),
    history: unit.history.map(reportHistory),
  };
}

function reportProblem(
  problem: Problem,
  clean: Clean,
  where: { readonly cluster: string; readonly app?: string },
): ReportProblem {
  const { reason, file, line, column, field, ref } = problem;
  return {
    ...where,
    reason,
    message: clean(problem.message),
    next: clean(problem.next ?? reasons[reason].next),
    ...optional("file", cleaned(file, clean)),
    ...optional("line", line),
    ...optional("column", column),
    ...optional("field", cleaned(field, clean)),
    ...optional("object", ref === undefined ? undefined : reportRef(ref, clean)),
  };
}

function reportDrift({ ref, fields, since, action }: DriftEntry, clean: Clean): ReportDrift {
  return {
    object: reportRef(ref, clean),
    fields: fields.slice(0, listedDrift).map((field) => ({
      path: clean(field.path),
      ...optional("manager", cleaned(field.manager, clean)),
      ...optional("operation", field.operation),
      ...optional("time", cleaned(field.time, clean)),
    })),
    since,
    action,
  };
}

function reportLeftovers(found: Leftovers | undefined, clean: Clean): ReportLeftovers | undefined {
  if (found === undefined) return undefined;
  const items = found.items.map(({ ref, manager, fields, stays }) => ({
    object: reportRef(ref, clean),
    manager: clean(manager),
    fields: fields.map(clean),
    ...optional("stays", stays?.map(clean)),
  }));
  return { count: found.count, ...optional("plan", cleaned(found.plan, clean)), items };
}

function reportHeld({ reason, message, plan, deletions }: Held, clean: Clean): ReportHeld {
  return {
    reason,
    message: clean(message),
    ...optional("plan", cleaned(plan, clean)),
    deletions: deletions.slice(0, listedDeletions).map((ref) => reportRef(ref, clean)),
    deletionCount: deletions.length,
  };
}

function reportRef({ group, kind, namespace, name }: ObjectRef, clean: Clean): ReportRef {
  return {
    group: clean(group),
    kind: clean(kind),
    namespace: clean(namespace),
    name: clean(name),
  };
}

function reportRevision(revision: Revision | undefined): ReportRevision | undefined {
  if (revision === undefined) return undefined;
  const { commit, committedAt, at } = revision;
  return { commit, committedAt, at };
}

function reportHistory(entry: HistoryEntry): HistoryEntry {
  const { change, commit, digest, kind, result, reason, fetchedAt, liveAt } = entry;
  return { change, commit, digest, kind, result, reason, fetchedAt, ...optional("liveAt", liveAt) };
}

function byUrgency(a: ReportUnit, b: ReportUnit): number {
  const worse = states[b.state].value - states[a.state].value;
  return worse || a.cluster.localeCompare(b.cluster) || a.app.localeCompare(b.app);
}

function cleaned(text: string | undefined, clean: Clean): string | undefined {
  return text === undefined ? undefined : clean(text);
}

/** The member, or nothing: absent is not `undefined` in JSON. */
function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  const member: Partial<Record<K, V>> = {};
  if (value !== undefined) member[key] = value;
  return member;
}
