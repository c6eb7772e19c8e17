import type { Goal, Measured } from "./report.ts";

export interface BenchOptions {
  readonly objects: number;
  readonly files: number;
  readonly rounds: number;
  /** For the agent's Node. */
  readonly nodeFlags: readonly string[];
}

export interface Bench {
  readonly what: string;
  readonly goals: readonly Goal[];
  run(options: BenchOptions): Promise<Measured>;
}
