import type { CommandArguments } from "./catalog.ts";
import type { CommandContext } from "./context.ts";
import { CliError, type CommandResult } from "./result.ts";

export async function diffLive(
  _context: CommandContext,
  _given: CommandArguments,
): Promise<CommandResult> {
  throw new CliError({ what: "not there yet" });
}
