import type { Report } from "../output/error.ts";
import { type AgentAnswer, type AskedAgents, askAgents } from "./ask-agents.ts";
import { askRecords } from "./ask-records.ts";
import { recordsPlace } from "./chosen-records.ts";
import type { CommandContext } from "./context.ts";
import { CliError } from "./result.ts";
import type { Member } from "./targets.ts";

/** What the clusters say themselves, and for those that cannot be asked what they have published. */
export interface ExplainAsked extends Pick<AskedAgents, "found" | "unreached"> {
  readonly answers: readonly AgentAnswer<Member>[];
  /** Known by their record alone: states and reasons, without words and objects. */
  readonly byRecord: ReadonlySet<string>;
}

/** The clusters first, for only they know everything (cli.md §2: R S C). */
export async function askForExplain(context: CommandContext): Promise<ExplainAsked> {
  const live = await askAgents(context);
  const place = live.unreached.length === 0 ? undefined : await recordsPlace(context);
  if (place === undefined) return { ...live, byRecord: new Set() };
  const heard = new Set(live.answers.map(({ target }) => target.cluster));
  const { answers, unreached } = await recordsOf(() => askRecords(context, place));
  const more = answers.filter(({ target }) => !heard.has(target.cluster));
  return {
    found: live.found,
    answers: [...live.answers, ...more],
    unreached: [...live.unreached, ...unreached],
    byRecord: new Set(more.map(({ target }) => target.cluster)),
  };
}

interface Records {
  readonly answers: readonly AgentAnswer<Member>[];
  readonly unreached: readonly Report[];
}

/** Records that cannot be read take nothing from what the clusters said. */
async function recordsOf(ask: () => Promise<Records>): Promise<Records> {
  try {
    const { answers } = await ask();
    return { answers, unreached: [] };
  } catch (error) {
    if (error instanceof CliError) return { answers: [], unreached: error.reports };
    throw error;
  }
}
