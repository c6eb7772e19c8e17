import { globalFlags } from "./commands/globals.ts";
import { commands } from "./commands/list.ts";
import { commandHelp, programHelp } from "./output/help.ts";

/** Whether the arguments ask for help: answered before anything else is loaded (cli.md §1: < 150 ms). */
export function asksForHelp(args: readonly string[]): boolean {
  const flags = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  return (
    flags.length === 0 ||
    flags[0] === "help" ||
    flags.some((arg) => arg === "--help" || arg === "-h")
  );
}

/** Help of the command that the arguments name, else of the whole. */
export function helpFor(args: readonly string[]): string {
  const spec = commands.find(({ name }) => args.find((arg) => arg !== "help") === name);
  return spec === undefined ? programHelp(commands, globalFlags) : commandHelp(spec, globalFlags);
}
