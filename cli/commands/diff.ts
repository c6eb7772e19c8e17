import type { CommandArguments } from "./catalog.ts";
import type { CommandContext } from "./context.ts";
import { textFlag, usage } from "./globals.ts";
import type { CommandResult } from "./result.ts";

/** `holdfast diff [APP…]`: between two commits with `--rev`, else against what runs. */
export async function diff(
  context: CommandContext,
  given: CommandArguments,
): Promise<CommandResult> {
  const rev = textFlag(given.flags, "rev");
  if (rev !== undefined && given.flags.live === true) {
    throw usage(
      "--rev and --live exclude each other",
      "--rev A..B compares commits, --live clusters",
    );
  }
  if (rev === undefined) {
    const { diffLive } = await import("./diff-live.ts");
    return await diffLive(context, given);
  }
  const { diffRevisions } = await import("./diff-revisions.ts");
  return await diffRevisions(context, given, revisionRange(rev));
}

export interface RevisionRange {
  readonly from: string;
  /** undefined: the work tree, or the tip of the branch. */
  readonly to: string | undefined;
}

/** `A..B`; `A..` is from A to the newest state. Throws CliError. */
export function revisionRange(text: string): RevisionRange {
  const [, from = "", to = ""] = /^([^.]+(?:\.[^.]+)*)\.\.([^.].*)?$/.exec(text) ?? [];
  if (from !== "") return { from, to: to === "" ? undefined : to };
  throw usage(`--rev ${text} names no two revisions`, "write A..B, or A.. for the work tree");
}
