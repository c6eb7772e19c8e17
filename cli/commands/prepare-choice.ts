import { errorText } from "../output/error.ts";
import { plainStyle } from "../output/style.ts";
import type { CommandContext } from "./context.ts";
import type { Prepared, PreparePlace } from "./prepare.ts";
import { type BranchPlace, type Publication, publicationOf, published } from "./prepare-branch.ts";
import { asPatch, patchOf } from "./prepare-patch.ts";
import { preparedResult, questionText, told } from "./prepare-result.ts";
import { CliError, type CommandResult } from "./result.ts";

const keys = ["p", "b", "f", "d", "q"] as const;

/** The one question: pull request, branch or patch (cli.md §3). `d` shows the patch and asks again. */
export async function chooseWay(
  context: CommandContext,
  place: PreparePlace,
  prepared: Prepared,
): Promise<CommandResult> {
  const { terminal } = context;
  const file = `${prepared.branch}.patch`;
  terminal.show(questionText(prepared));
  const question = `[p] pull request   [b] push branch ${prepared.branch}   [f] patch file ${file}   [d] diff   [q] quit  `;
  for (;;) {
    const key = await terminal.choose(question, keys);
    switch (key) {
      case "p":
      case "b": {
        const withPull = key === "p";
        const publication = await publicationOrWhyNot(context, { ...place, withPull }, prepared);
        if (publication === undefined) break;
        return await published(context, { prepared: told(prepared), publication, isShown: true });
      }
      case "f":
        return await asPatch(context, { ...place, file }, told(prepared));
      case "d":
        terminal.show(`${await patchOf(context, place.view, prepared)}\n`);
        break;
      case "q":
        return declined(context, told(prepared));
    }
  }
}

/** No forge or no token is no end: nothing has happened, and the other ways are still open. */
async function publicationOrWhyNot(
  context: CommandContext,
  place: BranchPlace,
  prepared: Prepared,
): Promise<Publication | undefined> {
  try {
    return await publicationOf(context, place, prepared);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    context.terminal.show(`${errorText(error.reports, plainStyle)}\n`);
    return undefined;
  }
}

function declined(context: CommandContext, prepared: Prepared): CommandResult {
  const draw = () => "Nothing was written.\n";
  return { ...preparedResult(context, prepared, { facts: {}, draw }), exitCode: 1 };
}
