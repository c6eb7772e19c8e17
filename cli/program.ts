import { Command, CommanderError, Option } from "commander";
import type { CommandArguments, CommandSpec, FlagSpec } from "./commands/catalog.ts";
import { globalFlags, usage } from "./commands/globals.ts";
import { commands } from "./commands/list.ts";
import { helpFor } from "./help.ts";
import { nearest } from "./output/nearest.ts";

export type Invocation =
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" }
  | {
      readonly kind: "command";
      readonly spec: CommandSpec;
      readonly given: CommandArguments;
      /** Flags of every command, unchecked. */
      readonly globals: Readonly<Record<string, unknown>>;
    };

/** What the arguments ask for. Throws a CliError that names the nearest command or flag on a typo. */
export function parseArguments(args: readonly string[]): Invocation {
  const calls: Invocation[] = [];
  const program = new Command("holdfast");
  prepare(program, globalFlags);
  program.option("-V, --version").action(() => {
    if (program.opts().version === true) calls.push({ kind: "version" });
    else calls.push({ kind: "help", text: helpFor([]) });
  });
  for (const spec of commands) {
    const command = program.command([spec.name, spec.positionals].join(" ").trim());
    prepare(command, spec.flags);
    command.action(() => {
      const given = { positionals: command.args, flags: command.opts() };
      calls.push({ kind: "command", spec, given, globals: program.opts() });
    });
  }
  parse(program, args);
  return calls[0] ?? { kind: "help", text: helpFor([]) };
}

function prepare(command: Command, flags: readonly FlagSpec[]): void {
  command
    .helpOption(false)
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: () => {},
      writeErr: () => {},
    });
  command.showSuggestionAfterError(false);
  for (const { flags: names, repeatable } of flags) {
    const option = new Option(names);
    if (repeatable === true) option.argParser(collect);
    command.addOption(option);
  }
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function parse(program: Command, args: readonly string[]): void {
  const [first] = args;
  try {
    if (first !== undefined && !first.startsWith("-") && !commands.some((c) => c.name === first)) {
      throw unknownCommand(first);
    }
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) throw explained(error, first);
    throw error;
  }
}

function unknownCommand(name: string): Error {
  const meant = nearest(
    name,
    commands.map((command) => command.name),
  );
  return usage(
    `there is no command ${name}`,
    meant === undefined ? "holdfast --help lists them" : `did you mean: holdfast ${meant}`,
  );
}

function explained(error: CommanderError, command: string | undefined): Error {
  const what = error.message.replace(/^error: /, "").replace(/\.$/, "");
  const flag = /unknown option '([^']+)'/.exec(what)?.[1];
  const spec = commands.find(({ name }) => name === command);
  const flags = [...(spec?.flags ?? commands.flatMap((one) => one.flags)), ...globalFlags];
  const names = flags.flatMap((spec) => spec.flags.match(/--[a-z-]+/g) ?? []);
  const meant = flag === undefined ? undefined : nearest(flag.replace(/=.*/, ""), names);
  if (meant !== undefined) return usage(what, `did you mean: ${meant}`);
  const example = spec === undefined ? "" : `${spec.examples[0].line}; `;
  return usage(what, `${example}holdfast ${spec?.name ?? "COMMAND"} --help says more`);
}
