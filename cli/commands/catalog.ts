import type { CommandContext } from "./context.ts";
import type { CommandAnswer } from "./result.ts";

/** Parsed argv of one command: positionals and its own flags by camel-cased name. */
export interface CommandArguments {
  readonly positionals: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
}

export type RunCommand = (
  context: CommandContext,
  given: CommandArguments,
) => Promise<CommandAnswer>;

export interface FlagSpec {
  /** As commander reads it: `--out <dir>`, `-w, --watch`. */
  readonly flags: string;
  readonly summary: string;
  readonly repeatable?: boolean;
}

export interface Example {
  readonly line: string;
  readonly says: string;
}

/** Everything that help, completion and the parser know of a command; its code is loaded only to run it. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** `[app...]`, `<app>`; at most two. */
  readonly positionals: string;
  /** Words of which one comes first. */
  readonly actions?: readonly string[];
  /** What completion offers for the positionals. */
  readonly completes: "apps" | "clusters" | "shells" | "files" | "nothing";
  readonly flags: readonly FlagSpec[];
  readonly examples: readonly [Example, ...Example[]];
  /** What exit codes 0 and 1 say. */
  readonly answers: string;
  load(): Promise<RunCommand>;
}
