import type { CommandSpec, Example, FlagSpec } from "../commands/catalog.ts";
import { pad } from "./width.ts";

type Named = Pick<CommandSpec, "name" | "summary" | "examples">;

function listing(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${pad(left, width)}${right}`);
}

const widestExample = 60;

/** Lines to copy, with what they show beside them, or above where they are long. */
function exampleLines(examples: readonly Example[]): readonly string[] {
  const short = examples.filter(({ line }) => line.length <= widestExample);
  const width = Math.max(0, ...short.map(({ line }) => line.length)) + 2;
  return examples.flatMap(({ line, says }) =>
    line.length <= widestExample
      ? [`  ${pad(line, width)}# ${says}`]
      : [`  # ${says}`, `  ${line}`],
  );
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
    ...exampleLines(spec.examples),
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

/** What people type most; the rest stands in the list. */
const everyDay = new Set([
  "status",
  "explain",
  "diff",
  "validate",
  "accept",
  "rollback",
  "install",
  "demo",
]);

/** Help of the whole. */
export function programHelp(commands: readonly Named[], globals: readonly FlagSpec[]): string {
  const first = commands
    .filter(({ name }) => everyDay.has(name))
    .flatMap(({ examples }) => examples.slice(0, 1));
  return [
    "holdfast: a GitOps agent for fleets of clusters that never takes absence for a delete",
    "",
    "Examples",
    ...exampleLines(first),
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
