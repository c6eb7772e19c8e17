import type { Parsed } from "../model/problem.ts";
import type { Reason } from "../model/reason.ts";

/** 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface YamlDocument {
  readonly value: unknown;
  /** 1-based line of the first key. */
  readonly line: number;
  /** Where the key (or list item) that a JSON pointer names stands. */
  positionOf(pointer: string): Position | undefined;
}

export interface YamlOptions {
  readonly file: string;
  /** Of the problems; default RenderFailed. */
  readonly reason?: Reason;
}

/** Every document of a file in kubectl's dialect (semantics §11), or what is wrong with it. */
export function parseYaml(
  _input: string | Uint8Array,
  _options: YamlOptions,
): Parsed<readonly YamlDocument[]> {
  throw new Error("not there yet");
}
