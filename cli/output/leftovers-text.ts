import { describeRef, type ObjectRef } from "../../agent/model/object.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { count } from "./text.ts";

/** One field that another manager set and that Git does not declare, before and after an accept. */
export interface LeftRow {
  readonly ref: ObjectRef;
  readonly field: string;
  readonly manager: string;
  /** Undefined: it could not be read. */
  readonly now: string | undefined;
  readonly stays: boolean;
}

const columns = [
  { title: "OBJECT" },
  { title: "FIELD", wraps: true },
  { title: "SET BY" },
  { title: "NOW" },
  { title: "AFTER" },
];

/** What others left on one cluster, what would become of it, and by which digest an accept names it. */
export function leftoversText(
  { app, cluster, leftovers }: UnitStatus,
  rows: readonly LeftRow[],
  style: Style,
): string {
  if (leftovers === undefined) return "";
  const { plan, items } = leftovers;
  const listed = new Set(items.map(({ ref }) => describeRef(ref))).size;
  const more = leftovers.count - listed;
  const cells = rows.map(({ ref, field, manager, now = "?", stays }) =>
    [describeRef(ref), field, manager, now, stays ? "stays" : none(style)].map(escapeLine),
  );
  return [
    `${escapeLine(app)} on ${escapeLine(cluster)}: ${count(leftovers.count, "object")} with fields that others set and Git does not declare\n\n`,
    table(columns, cells, style),
    more > 0 ? `and ${count(more, "more object")}\n` : "",
    "\nA field that goes is gone, or has the API server's default.\n",
    `\nPlan   ${plan ?? "none: nothing would go"}\n`,
  ].join("");
}

function none({ ascii }: Style): string {
  return ascii ? "-" : "–";
}
