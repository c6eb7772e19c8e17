import { cliApiVersion } from "../output/document.ts";
import { type ChangeRow, historyText } from "../output/history-text.ts";
import { askFleet } from "./ask-fleet.ts";
import type { CommandArguments } from "./catalog.ts";
import { byCommit, changesOf, entriesOf } from "./changes.ts";
import { type CommandContext, nowText, type Repository } from "./context.ts";
import { checkNames } from "./fleet-view.ts";
import { textFlag, usage } from "./globals.ts";
import type { CommandResult } from "./result.ts";

/** `holdfast history APP`: the changes that the agents remember, with what Git says of their commits. */
export async function history(
  context: CommandContext,
  { positionals: [app = ""], flags }: CommandArguments,
): Promise<CommandResult> {
  const limit = limitOf(flags);
  const { answers, unreached } = await askFleet(context, { isLive: flags.live === true });
  const known = answers.flatMap(({ answer }) => answer.statuses.map((status) => status.app));
  if (unreached.length === 0) checkNames("app", [app], [...new Set(known)]);
  const changes = changesOf(entriesOf(answers, app), byCommit).slice(0, limit);
  const rows = await withCommits(context, changes);
  const nowMs = context.ports.clock.now();
  return {
    exitCode: 0,
    isIncomplete: unreached.length > 0,
    reports: unreached,
    output: {
      form: "document",
      document: {
        apiVersion: cliApiVersion,
        kind: "HistoryReport",
        generatedAt: nowText(context),
        complete: unreached.length === 0,
        problems: unreached,
        app,
        changes: rows,
      },
      draw: (style) =>
        rows.length === 0 ? `no change of ${app} is remembered\n` : historyText(rows, nowMs, style),
    },
  };
}

function limitOf(flags: CommandArguments["flags"]): number {
  const limit = textFlag(flags, "limit") ?? "20";
  if (/^[1-9][0-9]*$/.test(limit)) return Number(limit);
  throw usage(`--limit ${limit} is not a number of changes`, "--limit 20");
}

/** Title and author, where the commit is in the repository here; without a repository there are none. */
async function withCommits(
  context: CommandContext,
  changes: readonly Omit<ChangeRow, "title" | "author">[],
): Promise<readonly ChangeRow[]> {
  const { options, ports, cwd, signal } = context;
  const repository = await ports.repository({ repo: options.repo, ref: options.ref, cwd }, signal);
  try {
    return await Promise.all(
      changes.map(async (change) => ({ ...change, ...(await saidOf(repository, change.commit)) })),
    );
  } finally {
    await repository?.close();
  }
}

async function saidOf(
  repository: Repository | undefined,
  commit: string,
): Promise<Pick<ChangeRow, "title" | "author">> {
  const view = await repository?.at(commit);
  return { title: view?.title, author: view?.author };
}
