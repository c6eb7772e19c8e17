import { needsAttention } from "../../agent/model/state.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { cliApiVersion } from "../output/document.ts";
import type { Report } from "../output/error.ts";
import { escapeLine } from "../output/escape.ts";
import { age, count, listNames, shortId } from "../output/text.ts";
import { askFleet } from "./ask-fleet.ts";
import type { CommandArguments } from "./catalog.ts";
import { chosenApps } from "./choose-units.ts";
import { type CommandContext, nowText } from "./context.ts";
import { chooseClusters, isMeant } from "./fleet-view.ts";
import { textFlag, usage } from "./globals.ts";
import { withRepository } from "./repository.ts";
import { CliError, type CommandResult, type ExitCode } from "./result.ts";
import { heard } from "./silence.ts";
import type { Member } from "./targets.ts";
import { isLiveOn, type Wanted, wantedCommit } from "./wanted.ts";

const pollMs = 3000;
/** Records change no faster, and a Git host is not asked all the time. */
const recordsMs = 15_000;

interface WaitWish {
  readonly apps: readonly string[];
  readonly rev: string | undefined;
  /** 0 to 1. */
  readonly share: number;
  readonly failFast: boolean;
  readonly isLive: boolean;
}

/** One unit on its way, for the report. */
interface WaitUnit
  extends Pick<UnitStatus, "cluster" | "app" | "state" | "stage" | "reason" | "message"> {
  readonly live: boolean;
}

/** How far a commit got. A cluster counts once all its units are live; one that cannot be asked counts as not. */
interface Progress {
  readonly from: "records" | "clusters";
  readonly clusters: number;
  readonly done: number;
  readonly units: readonly WaitUnit[];
  readonly trouble: readonly WaitUnit[];
  readonly unreached: readonly Report[];
}

/** `holdfast wait [APP…]`: until a commit is live on enough clusters. */
export async function wait(
  context: CommandContext,
  { positionals: apps, flags }: CommandArguments,
): Promise<CommandResult> {
  const share = shareOf(textFlag(flags, "require") ?? "100%");
  const [failFast, isLive] = [flags.failFast === true, flags.live === true];
  const wish = { apps, rev: textFlag(flags, "rev"), share, failFast, isLive };
  return await withRepository(context, async (repository) => {
    const wanted = await wantedCommit(context, repository, wish.rev);
    const clusters = clustersOf(context, wanted, apps);
    return await untilLive(context, { wanted, clusters, wish });
  });
}

interface Waiting {
  readonly wanted: Wanted;
  /** Those that should run any of the apps at the commit. */
  readonly clusters: ReadonlySet<string>;
  readonly wish: WaitWish;
}

async function untilLive(context: CommandContext, waiting: Waiting): Promise<CommandResult> {
  const { wanted, wish } = waiting;
  const { clock } = context.ports;
  const startedAt = clock.now();
  let last: Progress | undefined;
  try {
    for (;;) {
      last = await look(context, waiting);
      context.terminal.progress(progressLine(last, wanted));
      const exitCode = verdict(last, wish);
      if (exitCode !== undefined) return answer(context, { wanted, last, exitCode });
      await clock.sleep(last.from === "records" ? recordsMs : pollMs, context.signal);
    }
  } catch (error) {
    if (!context.signal.aborted || last === undefined) throw error;
    return answer(context, { wanted, last, exitCode: 4, waitedMs: clock.now() - startedAt });
  }
}

function verdict({ clusters, done, trouble }: Progress, wish: WaitWish): 0 | 1 | undefined {
  if (done >= Math.ceil(clusters * wish.share)) return 0;
  return wish.failFast && trouble.length > 0 ? 1 : undefined;
}

function shareOf(text: string): number {
  const [, number] = /^(\d{1,3})%?$/.exec(text) ?? [];
  const share = Number(number) / 100;
  if (share > 0 && share <= 1) return share;
  throw usage(`--require ${text} is no share`, "--require 90%");
}

/** By Git at that commit. Throws CliError for an app that it does not know, and when there is nothing to wait for. */
function clustersOf(
  context: CommandContext,
  { fleet, commit }: Wanted,
  apps: readonly string[],
): ReadonlySet<string> {
  const chosen = fleet === undefined ? [] : chooseClusters(fleet, context.options);
  const isWanted = chosenApps(chosen, apps);
  const selected = chosen.filter(({ selection }) =>
    selection.units.some(({ app }) => isWanted(app)),
  );
  if (selected.length > 0) return new Set(selected.map(({ target }) => target.name));
  throw new CliError({
    what: `nothing to wait for: at ${shortId(commit)} no cluster runs ${apps.length === 0 ? "any app" : listNames(apps)}`,
    next: "holdfast clusters targets APP says who gets it; holdfast validate what is invalid",
  });
}

async function look(
  context: CommandContext,
  { wanted, clusters, wish: { apps, isLive } }: Waiting,
): Promise<Progress> {
  const { from, answers, unreached } = await askFleet(context, { isLive });
  const nowMs = context.ports.clock.now();
  const perCluster = await Promise.all(
    answers
      .filter(({ target }) => clusters.has(target.cluster))
      .map(async ({ target, answer }) => {
        const statuses = heard(answer, nowMs).filter(({ app }) => isMeant(app, apps));
        const told = await Promise.all(statuses.map((status) => unitOf(wanted, status)));
        return { units: told, isDone: isDone(target, told, apps) };
      }),
  );
  const units = perCluster.flatMap((one) => one.units);
  return {
    from,
    clusters: clusters.size,
    done: perCluster.filter((one) => one.isDone).length,
    units,
    trouble: units.filter(({ live, state }) => !live && needsAttention(state)),
    unreached,
  };
}

/** Every unit that Git wants there is told of, and every one told of is live. */
function isDone({ expected }: Member, told: readonly WaitUnit[], apps: readonly string[]): boolean {
  const named = new Set(told.map(({ app }) => app));
  const missing = (expected?.units ?? []).filter(
    ({ app }) => isMeant(app, apps) && !named.has(app),
  );
  return missing.length === 0 && told.every(({ live }) => live);
}

async function unitOf(wanted: Wanted, status: UnitStatus): Promise<WaitUnit> {
  const { cluster, app, state, stage, reason, message } = status;
  return { cluster, app, state, stage, reason, message, live: await isLiveOn(wanted, status) };
}

function progressLine({ clusters, done, trouble }: Progress, { commit }: Wanted): string {
  const needs =
    trouble.length === 0
      ? ""
      : `, ${trouble.length} need attention: ${listNames(trouble.map(unitText))}`;
  return escapeLine(`${shortId(commit)}  ${done} of ${count(clusters, "cluster")}${needs}`);
}

function unitText({ cluster, app, reason }: WaitUnit): string {
  return `${cluster} ${app} ${reason}`;
}

interface Ended {
  readonly wanted: Wanted;
  readonly last: Progress;
  readonly exitCode: ExitCode;
  readonly waitedMs?: number;
}

function answer(
  context: CommandContext,
  { wanted, last, exitCode, waitedMs }: Ended,
): CommandResult {
  const { clusters, done, units, trouble, unreached } = last;
  const live = `${shortId(wanted.commit)} is live on ${done} of ${count(clusters, "cluster")}`;
  const next = trouble.map(({ app, cluster, state, stage }) => {
    const verb = state === "Held" && stage === "applied" ? "accept" : "explain";
    return `holdfast ${verb} ${app} --cluster ${cluster}`;
  });
  const late: Report = {
    what: waitedMs === undefined ? live : `${live} after ${age(waitedMs)}`,
    why: [...trouble.map(unitText), ...unreached.map(({ what }) => what)].slice(0, 5).join("\n"),
    next: next.slice(0, 2).join(" · ") || "holdfast status",
  };
  return {
    exitCode,
    reports: exitCode === 0 ? [] : [late],
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "WaitReport",
        generatedAt: nowText(context),
        complete: unreached.length === 0,
        problems: unreached,
        commit: wanted.commit,
        live: exitCode === 0,
        clusters: { asked: clusters, live: done },
        units,
      },
      draw: () => (exitCode === 0 ? `${live}\n` : ""),
    },
  };
}
