import { completionScript, shells } from "../output/completion-script.ts";
import type { CommandArguments } from "./catalog.ts";
import type { CommandContext } from "./context.ts";
import { choiceFlag } from "./globals.ts";
import { type CommandResult, text } from "./result.ts";

/** `holdfast completion SHELL`: a script to be sourced. */
export async function completion(
  _context: CommandContext,
  { positionals: [shell = ""] }: CommandArguments,
): Promise<CommandResult> {
  return { exitCode: 0, output: text(completionScript(choiceFlag("shell", shell, shells))) };
}
