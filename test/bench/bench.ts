import type { Goal, Measured } from "./report.ts";

export interface BenchOptions {
  readonly objects: number;
  readonly files: number;
  readonly rounds: number;
  readonly program: Program;
}

/** What is started as the agent. */
export interface Program {
  /** As it ships: built, not stripped of its types at every start. */
  readonly main: string;
  readonly nodeFlags: readonly string[];
}

export interface Bench {
  readonly what: string;
  readonly goals: readonly Goal[];
  run(options: BenchOptions): Promise<Measured>;
}
