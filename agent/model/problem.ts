import type { ObjectRef } from "./object.ts";
import type { Reason } from "./reason.ts";

/** One thing that is wrong, as a person needs it: where, what, and what to do next. All problems come at once. */
export interface Problem {
  readonly reason: Reason;
  /** In the server's or parser's own words, without wrappers, masked. */
  readonly message: string;
  /** Path in the config repository. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  /** `spec.values.host`: the field in a document or object. */
  readonly field?: string;
  readonly ref?: ObjectRef;
  /** The next step, when it is more exact than that of the reason. */
  readonly next?: string;
}

/** A value, or every problem that kept it from being one. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** `apps/shop/app.yaml:14:13` */
export function placeOf({ file, line, column }: Pick<Problem, "file" | "line" | "column">): string {
  if (file === undefined) return "";
  return [file, line, column].filter((part) => part !== undefined).join(":");
}
