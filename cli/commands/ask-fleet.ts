import { type AgentAnswer, type AskedAgents, askAgents } from "./ask-agents.ts";
import { askRecords } from "./ask-records.ts";
import { recordsPlace } from "./chosen-records.ts";
import type { CommandContext } from "./context.ts";
import type { Member } from "./targets.ts";

/** What is known of the chosen clusters, and from where. */
export interface AskedFleet extends Pick<AskedAgents, "unreached"> {
  readonly from: "records" | "clusters";
  readonly answers: readonly AgentAnswer<Member>[];
  readonly source: AskedAgents["found"]["source"];
  /** How many clusters were meant. */
  readonly asked: number;
}

/** The status records, where somebody says where they are; else, or with `--live` or `--context`, the clusters themselves (cli.md §1). */
export async function askFleet(
  context: CommandContext,
  { isLive = false }: { readonly isLive?: boolean } = {},
): Promise<AskedFleet> {
  const asksClusters = isLive || context.options.kubeContext !== undefined;
  const place = asksClusters ? undefined : await recordsPlace(context);
  if (place !== undefined) return await askRecords(context, place);
  const { found, answers, unreached } = await askAgents(context);
  const asked = found.targets.length + found.unreached.length;
  return { from: "clusters", answers, unreached, source: found.source, asked };
}
