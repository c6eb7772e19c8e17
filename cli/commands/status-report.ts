import type { Problem } from "../../agent/model/problem.ts";
import { isoTime } from "../../agent/schedule/clock.ts";
import type { StatusReport } from "../../agent/server/report-types.ts";
import type { FleetSnapshot, SourceSnapshot } from "../../agent/server/snapshot.ts";
import { mergeReports, statusReport } from "../../agent/server/status-report.ts";
import type { Report } from "../output/error.ts";
import { listNames } from "../output/text.ts";
import { type AskedFleet, askFleet } from "./ask-fleet.ts";
import { type CommandContext, nowText } from "./context.ts";
import type { ClusterStatus } from "./read-status.ts";
import { heard } from "./silence.ts";
import type { Member } from "./targets.ts";

export interface AskedReport {
  readonly report: StatusReport;
  readonly asked: number;
  readonly from: AskedFleet["from"];
  /** Every app that Git or a cluster knows. */
  readonly apps: readonly string[];
  readonly unreached: readonly Report[];
}

/** Asks for the chosen clusters and puts the answers into one document. */
export async function askStatus(
  context: CommandContext,
  wish: { readonly isLive: boolean },
): Promise<AskedReport> {
  const { from, source: view, asked, answers, unreached } = await askFleet(context, wish);
  const nowMs = context.ports.clock.now();
  const source = sourceOf(view);
  const reports = answers.map(({ target, answer }) =>
    statusReport(snapshotOf(target, answer, { source, nowMs })),
  );
  const merged = mergeReports(reports) ?? emptyReport(context, source);
  return {
    report: {
      ...merged,
      // A record knows which commits, not when.
      units:
        from === "records" ? merged.units.map((one) => ({ ...one, revisions: {} })) : merged.units,
      generatedAt: nowText(context),
    },
    from,
    asked,
    apps: [...new Set(answers.flatMap(({ target, answer }) => appsOf(target, answer)))],
    unreached,
  };
}

function appsOf({ expected }: Member, { statuses }: ClusterStatus): readonly string[] {
  return [...statuses, ...(expected?.units ?? [])].map(({ app }) => app);
}

function sourceOf(source: AskedFleet["source"]): SourceSnapshot {
  if (source === undefined) return { url: "", ref: "" };
  const { place, ref, view } = source;
  const commit = view.commit === undefined ? {} : { commit: view.commit, title: view.title };
  const author = view.author === undefined ? {} : { author: view.author };
  const at =
    view.committedAt === undefined ? {} : { committedAt: isoTime(view.committedAt * 1000) };
  return { url: place, ref, ...commit, ...author, ...at };
}

interface Moment {
  readonly source: SourceSnapshot;
  readonly nowMs: number;
}

function snapshotOf(
  target: Member,
  answer: ClusterStatus,
  { source, nowMs }: Moment,
): FleetSnapshot {
  const { statuses, lease, kubernetes, agent, asOf } = answer;
  const hasAgent = lease !== undefined || statuses.length > 0;
  return {
    cluster: target.cluster,
    ...(target.environment === "" ? {} : { environment: target.environment }),
    kubernetes,
    ...(agent === undefined ? {} : { agentVersion: agent }),
    source,
    units: heard(answer, nowMs),
    problems: missingUnits(target, answer),
    ready: hasAgent ? { ok: true } : { ok: false, why: "no agent has written anything here" },
    asOf,
  };
}

/** What Git wants on this cluster and no App object speaks of. */
function missingUnits({ expected }: Member, { statuses }: ClusterStatus): readonly Problem[] {
  const told = new Set(statuses.map(({ app }) => app));
  const missing = (expected?.units ?? []).map(({ app }) => app).filter((app) => !told.has(app));
  if (missing.length === 0) return [];
  const message = `the agent says nothing about ${listNames(missing)}, which Git wants here`;
  return [{ reason: "AgentSilent", message, next: "Look at the agent's log on that cluster." }];
}

function emptyReport(context: CommandContext, source: SourceSnapshot): StatusReport {
  return {
    apiVersion: "cli.holdfast.dev/v1",
    kind: "StatusReport",
    generatedAt: nowText(context),
    complete: false,
    problems: [],
    source,
    clusters: [],
    units: [],
    changes: [],
  };
}
