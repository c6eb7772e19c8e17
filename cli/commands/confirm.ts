import type { CommandContext } from "./context.ts";
import { CliError } from "./result.ts";

export type Decision = "yes" | "no" | "preview";

export interface Confirmation {
  /** What would happen; shown before the question, on stderr. */
  readonly preview: string;
  readonly question: string;
  /** What to write where there is nobody to ask. */
  readonly unattended: string;
}

/** The one question of a command that writes (cli.md §1): asked with a TTY, answered by `--yes`, refused without either. */
export async function confirm(
  { options, terminal }: CommandContext,
  { preview, question, unattended }: Confirmation,
): Promise<Decision> {
  if (options.dryRun) return "preview";
  if (options.yes) return "yes";
  if (!terminal.isInteractive) {
    throw new CliError({
      what: "nothing was written: there is nobody to ask",
      next: unattended,
    });
  }
  terminal.show(preview);
  return (await terminal.ask(`${question} [y/N] `)) ? "yes" : "no";
}
