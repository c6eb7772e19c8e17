import { describeRef, type ObjectRef } from "../../agent/model/object.ts";
import type { Held, UnitStatus } from "../../agent/model/status.ts";
import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { count } from "./text.ts";

const listed = 50;

/** What is held on one cluster, and by which digest an accept names it. */
export function heldText(status: UnitStatus, held: Held, style: Style): string {
  const { deletions, plan, message } = held;
  const shown = style.wide ? deletions : deletions.slice(0, listed);
  const rows = shown.map((ref: ObjectRef) => [escapeLine(describeRef(ref))]);
  const more = deletions.length - shown.length;
  const objects = rows.length === 0 ? "" : `\n${table([{ title: "DELETE" }], rows, style)}`;
  const rest = more === 0 ? "" : `${count(more, "more object")} (-o wide)\n`;
  return [
    `${escapeLine(status.app)} on ${escapeLine(status.cluster)} is held: ${held.reason}\n`,
    message === "" ? "" : `${escapeLine(message)}\n`,
    objects,
    rest,
    `\nPlan   ${plan ?? "none: nothing would be deleted"}\n`,
  ].join("");
}
