import type { CommandSpec, FlagSpec } from "../commands/catalog.ts";
import { pad } from "./width.ts";

type Named = Pick<CommandSpec, "name" | "summary" | "examples">;

function listing(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${pad(left, width)}${right}`);
}

function flagRows(flags: readonly FlagSpec[]): readonly string[] {
  return listing(flags.map(({ flags: names, summary }) => [names, summary]));
}

/** Help of one command: examples first (cli.md §1). */
export function commandHelp(spec: CommandSpec, globals: readonly FlagSpec[]): string {
  const own = spec.flags.length === 0 ? [] : ["Flags", ...flagRows(spec.flags), ""];
  return [
    `holdfast ${spec.name}: ${spec.summary}`,
    "",
    "Examples",
    ...listing(spec.examples.map(({ line, says }) => [line, says])),
    "",
    `Usage: ${["holdfast", spec.name, spec.positionals, "[flags]"].filter(Boolean).join(" ")}`,
    `Exit:  ${spec.answers} · 2 error · 3 incomplete · 4 timed out`,
    "",
    ...own,
    "Flags of every command",
    ...flagRows(globals),
    "",
  ].join("\n");
}

/** Help of the whole. */
export function programHelp(commands: readonly Named[], globals: readonly FlagSpec[]): string {
  const first = commands.flatMap(({ examples }) => examples.slice(0, 1));
  return [
    "holdfast: a GitOps agent for fleets of clusters that never takes absence for a delete",
    "",
    "Examples",
    ...listing(first.map(({ line, says }) => [line, says])),
    "",
    "Commands",
    ...listing(commands.map(({ name, summary }) => [name, summary])),
    "",
    "Flags of every command",
    ...flagRows(globals),
    "",
    "holdfast COMMAND --help says more.",
    "",
  ].join("\n");
}
