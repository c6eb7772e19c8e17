import type { CliDocument } from "../output/document.ts";
import type { Report } from "../output/error.ts";
import type { Style } from "../output/style.ts";

/** 0 yes, none, done · 1 no · 2 could not find out · 3 incomplete · 4 timed out · 130 interrupted (cli.md §1). */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;

/** What goes to stdout: a document with its drawing, or text that has one form only. */
export type Output =
  | { readonly form: "text"; readonly text: string }
  | {
      readonly form: "document";
      readonly document: CliDocument;
      draw(style: Style): string;
      markdown?(): string;
    };

export interface CommandResult {
  readonly output: Output;
  readonly exitCode: ExitCode;
  /** Something could not be reached: exit 3 unless `--allow-partial`. */
  readonly isIncomplete?: boolean;
  /** Takes the place of the answer before it, on a TTY (`-w`). */
  readonly redraws?: boolean;
  /** What failed on the way, for stderr. */
  readonly reports?: readonly Report[];
  readonly warnings?: readonly Report[];
  /** Next commands; not shown with `-q`. */
  readonly hints?: readonly string[];
}

/** One answer, or one after the other (`-w`, `demo`) until the stream returns its exit code. */
export type CommandAnswer = CommandResult | AsyncGenerator<CommandResult, ExitCode>;

/** A command cannot go on: everything that is known about why, and the exit code. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly reports: readonly Report[];
  readonly exitCode: ExitCode;

  constructor(reports: Report | readonly Report[], exitCode: ExitCode = 2, options?: ErrorOptions) {
    const all = "what" in reports ? [reports] : reports;
    super(all.map(({ what }) => what).join("; "), options);
    this.reports = all;
    this.exitCode = exitCode;
  }
}

export function text(output: string): Output {
  return { form: "text", text: output };
}
