import type { CommandContext } from "./context.ts";
import type { Prepared, PreparePlace } from "./prepare.ts";
import { publicationOf, published } from "./prepare-branch.ts";
import { asPatch, patchOf } from "./prepare-patch.ts";
import { preparedResult, questionText, told } from "./prepare-result.ts";
import type { CommandResult } from "./result.ts";

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
        const wish = { ...place, withPull: key === "p" };
        const publication = await publicationOf(context, wish, prepared);
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

function declined(context: CommandContext, prepared: Prepared): CommandResult {
  const draw = () => "Nothing was written.\n";
  return { ...preparedResult(context, prepared, { facts: {}, draw }), exitCode: 1 };
}
