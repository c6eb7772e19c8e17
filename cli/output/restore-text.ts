import { describeRef, type ObjectRef } from "../../agent/model/object.ts";
import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { type Column, table } from "./table.ts";
import { ageOf, shortId } from "./text.ts";

/** One kept copy, as people are shown it. */
export interface RestoreRow {
  readonly ref: ObjectRef;
  /** That dropped it. */
  readonly commit: string;
  /** ISO 8601: when it was deleted. */
  readonly at: string;
  readonly note: string;
}

const columns: readonly Column[] = [
  { title: "OBJECT" },
  { title: "DROPPED BY" },
  { title: "AGE", align: "right" },
  { title: "NOTE", wraps: true },
];

/** Copies, one line each. */
export function restoreText(rows: readonly RestoreRow[], nowMs: number, style: Style): string {
  const cells = rows.map(({ ref, commit, at, note }) => [
    escapeLine(describeRef(ref)),
    shortId(commit),
    ageOf(at, nowMs),
    escapeLine(note),
  ]);
  return table(columns, cells, style);
}
