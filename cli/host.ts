import type { CliPorts } from "./commands/context.ts";

export interface Stream {
  readonly isTty: boolean;
  readonly columns: number | undefined;
  write(text: string): void;
}

/** The process as the command line sees it; `main.ts` makes it of the real one, tests of strings. */
export interface Host {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly version: string;
  readonly stdin: { readonly isTty: boolean };
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Aborted on SIGINT and SIGTERM. */
  readonly interrupted: AbortSignal;
  readonly ports: CliPorts;
  /** A line that is typed; empty at the end of the input. */
  prompt(question: string): Promise<string>;
}
