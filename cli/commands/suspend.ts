import { isoTime } from "../../agent/schedule/clock.ts";
import { parseDuration } from "../output/text.ts";
import type { CommandArguments } from "./catalog.ts";
import type { CommandContext } from "./context.ts";
import { textFlag, usage } from "./globals.ts";
import type { CommandResult } from "./result.ts";

const longestMs = 7 * 24 * 3_600_000;
const example = "holdfast suspend shop --cluster prod-eu-1 --reason INC-9 --until 2h";

/** `holdfast suspend [APP]`: an app on its clusters, at once; without one, whole clusters by a commit. */
export async function suspend(
  context: CommandContext,
  { positionals: [app], flags }: CommandArguments,
): Promise<CommandResult> {
  const reason = textFlag(flags, "reason")?.trim() ?? "";
  if (reason === "") throw usage("--reason is missing: whoever finds it paused wants it", example);
  const pause = { reason, until: untilOf(context, textFlag(flags, "until")) };
  if (app === undefined) {
    const { pauseClusters } = await import("./suspend-cluster.ts");
    return await pauseClusters(context, { pause, flags });
  }
  const { pauseApp } = await import("./suspend-app.ts");
  return await pauseApp(context, { app, pause, flags });
}

/** `holdfast resume [APP]`: the same the other way round. */
export async function resume(
  context: CommandContext,
  { positionals: [app], flags }: CommandArguments,
): Promise<CommandResult> {
  if (app === undefined) {
    const { pauseClusters } = await import("./suspend-cluster.ts");
    return await pauseClusters(context, { pause: undefined, flags });
  }
  const { pauseApp } = await import("./suspend-app.ts");
  return await pauseApp(context, { app, pause: undefined, flags });
}

/** A span of time or a moment with its zone, ahead of us and at most seven days. */
function untilOf({ ports }: CommandContext, text: string | undefined): string {
  if (text === undefined) throw usage("--until is missing: a suspension ends by itself", example);
  const nowMs = ports.clock.now();
  const span = parseDuration(text);
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:\d\d)$/.test(text);
  const endMs = span === undefined ? Date.parse(isMoment ? text : "") : nowMs + span;
  if (Number.isNaN(endMs)) {
    throw usage(`--until ${text} is no time`, "write it like 2h or 2026-11-22T06:00:00Z");
  }
  if (endMs <= nowMs) throw usage(`--until ${text} is over`, example);
  if (endMs - nowMs > longestMs) {
    throw usage(`--until ${text} is more than seven days ahead`, "the longest is --until 7d");
  }
  return isoTime(endMs);
}
