import type { PullState } from "../forge/forge.ts";
import { shortId } from "../output/text.ts";
import type { CommandContext, Repository } from "./context.ts";
import { textFlag, usage } from "./globals.ts";
import { openForge } from "./open-forge.ts";
import { CliError } from "./result.ts";

/** Which change a person asks about; neither: the newest that touches the app. */
export interface AskedChange {
  readonly rev: string | undefined;
  readonly pull: PullState | undefined;
}

/** Of `--rev` or `--pr`: the forge knows by which commit a pull request came to its branch. Throws CliError. */
export async function askedChange(
  context: CommandContext,
  repository: Repository,
  flags: Readonly<Record<string, unknown>>,
): Promise<AskedChange> {
  const rev = textFlag(flags, "rev");
  const text = textFlag(flags, "pr");
  if (text === undefined) return { rev, pull: undefined };
  if (rev !== undefined) throw usage("--rev and --pr exclude each other", "choose one");
  const number = Number(/^[#!]?([1-9][0-9]{0,8})$/.exec(text)?.[1]);
  if (Number.isNaN(number)) throw usage(`--pr ${text} is no number`, "--pr 412");
  const { forge } = await openForge(context, repository, { flags, needsToken: false });
  const pull = await forge.pull(number, context.signal);
  const commit = pull.mergeCommit;
  if (commit !== undefined && (await repository.at(commit)) === undefined) {
    throw new CliError({
      what: `${shortId(commit)}, by which pull request #${number} was merged, is not here`,
      where: repository.place,
      next: "git fetch",
    });
  }
  return { rev: commit, pull };
}

/** As forges write it into the titles of the commits that they make. */
export function pullNumberOf(title: string): number | undefined {
  const [, squashed, merged] =
    /\(#(\d+)\)$|^Merge pull request (?:'.*' \()?#(\d+)/.exec(title.trim()) ?? [];
  const number = squashed ?? merged;
  return number === undefined ? undefined : Number(number);
}
