import { plainStyle } from "../output/style.ts";
import type { CommandContext, RepositoryView } from "./context.ts";
import type { Prepared } from "./prepare.ts";
import { openFleet } from "./repository.ts";

/** GitHub takes 65,536 characters. */
const longest = 60_000;

/** The preview as the description of a pull request (cli.md §1): Secret values are masked in it as everywhere. */
export function pullText(prepared: Pick<Prepared, "effect" | "message">): string {
  const [, ...said] = prepared.message.trimEnd().split("\n");
  const effect = prepared.effect(plainStyle).trimEnd();
  const shown =
    effect.length <= longest
      ? effect
      : `${effect.slice(0, longest)}\n… the rest is too long for here: holdfast diff --rev shows it`;
  const fence = "`".repeat(Math.max(3, longestTicks(shown) + 1));
  const reason = said.join("\n").trim();
  return [reason, "### What it does", `${fence}text\n${shown}\n${fence}`]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function longestTicks(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
}

/** `--ref`, else the branch of fleet.yaml, else main (cli.md §1). */
export async function targetBranch(
  context: Pick<CommandContext, "options" | "ports" | "signal">,
  view: RepositoryView,
): Promise<string> {
  if (context.options.ref !== undefined) return context.options.ref;
  const { fleet } = await openFleet(context, view);
  return fleet.document.spec.branch ?? "main";
}
