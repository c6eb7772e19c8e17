import { needsAttention, type State, states } from "../../agent/model/state.ts";
import type { ReportUnit, StatusReport } from "../../agent/server/report-types.ts";
import { nextCommands, statusText } from "../output/status-text.ts";
import type { CommandArguments } from "./catalog.ts";
import type { CommandContext } from "./context.ts";
import { checkNames, isMeant } from "./fleet-view.ts";
import { isGlob } from "./glob.ts";
import { choiceFlag, listFlag } from "./globals.ts";
import type { CommandAnswer, CommandResult, ExitCode } from "./result.ts";
import { type AskedReport, askStatus } from "./status-report.ts";

const watchMs = 2000;
/** Records change no faster, and a Git host is not asked all the time. */
const recordsMs = 15_000;
const stateNames = Object.keys(states).filter((name): name is State => name in states);

/** `holdfast status [APP…]`: what the agents of the chosen clusters say, worst first. */
export async function status(
  context: CommandContext,
  given: CommandArguments,
): Promise<CommandAnswer> {
  const wish = wishOf(given);
  return given.flags.watch === true
    ? watched(context, wish)
    : answerOf(context, await askStatus(context, wish), wish);
}

interface Wish {
  readonly apps: readonly string[];
  readonly states: readonly State[];
  readonly all: boolean;
  readonly judges: boolean;
  readonly isLive: boolean;
}

function wishOf({ positionals: apps, flags }: CommandArguments): Wish {
  const wanted = listFlag(flags, "state").map((name) => choiceFlag("--state", name, stateNames));
  const judges = flags.exitCode === true;
  const isLive = flags.live === true;
  return { apps, states: wanted, all: flags.all === true || wanted.length > 0, judges, isLive };
}

async function* watched(
  context: CommandContext,
  wish: Wish,
): AsyncGenerator<CommandResult, ExitCode> {
  for (;;) {
    const asked = await askStatus(context, wish);
    yield { ...answerOf(context, asked, wish), redraws: true };
    await context.ports.clock.sleep(asked.from === "records" ? recordsMs : watchMs, context.signal);
  }
}

function answerOf(context: CommandContext, asked: AskedReport, wish: Wish): CommandResult {
  const names = wish.apps.filter((app) => !isGlob(app));
  checkNames("app", names, asked.apps);
  const report = narrowed(asked.report, wish);
  const needs = report.units.some(({ state }) => needsAttention(state));
  const nowMs = context.ports.clock.now();
  return {
    exitCode: wish.judges && (needs || report.problems.length > 0) ? 1 : 0,
    isIncomplete: asked.unreached.length > 0,
    reports: asked.unreached,
    hints: nextCommands(report.units),
    output: {
      form: "document",
      document: { ...report, ...factsOf(asked) },
      draw: (style) =>
        statusText({ report, nowMs, asked: asked.asked, from: asked.from, all: wish.all }, style),
    },
  };
}

/** Each cluster says where its answer comes from; `asOf` how old it is. */
function factsOf({ asked, from, unreached, report }: AskedReport) {
  const source = from === "records" ? "record" : "cluster";
  return {
    clusters: report.clusters.map((cluster) => ({ ...cluster, source })),
    complete: report.complete && unreached.length === 0,
    problems: [...report.problems, ...unreached],
    askedFrom: { source: from, asked, answered: report.clusters.length },
  };
}

function narrowed(report: StatusReport, { apps, states: wanted }: Wish): StatusReport {
  const isShown = ({ app, state }: ReportUnit) =>
    isMeant(app, apps) && (wanted.length === 0 || wanted.includes(state));
  return { ...report, units: report.units.filter(isShown) };
}
