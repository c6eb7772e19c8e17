import type { ObjectRef } from "../../agent/model/object.ts";
import { escapeLine } from "./escape.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { count } from "./text.ts";

export type StepAction = "create" | "update" | "unchanged";

export interface Step {
  readonly ref: ObjectRef;
  readonly action: StepAction;
}

const columns = [{ title: "ACTION" }, { title: "KIND" }, { title: "NAMESPACE" }, { title: "NAME" }];

/** What would be made, object by object, and the sum. */
export function stepsText(steps: readonly Step[], style: Style): string {
  const rows = steps.map(({ action, ref }) => [
    action,
    escapeLine(ref.kind),
    escapeLine(ref.namespace),
    escapeLine(ref.name),
  ]);
  const { create, update, unchanged } = countsOf(steps);
  const sum = `${count(create, "object")} to create, ${update} to update, ${unchanged} as they should be`;
  return `${table(columns, rows, style)}\n${sum}\n`;
}

/** `12 created, 0 updated, 3 as they should be` */
export function stepsDone(steps: readonly Step[]): string {
  const { create, update, unchanged } = countsOf(steps);
  return `${create} created, ${update} updated, ${unchanged} as they should be`;
}

function countsOf(steps: readonly Step[]): Readonly<Record<StepAction, number>> {
  const by = (action: StepAction) => steps.filter((step) => step.action === action).length;
  return { create: by("create"), update: by("update"), unchanged: by("unchanged") };
}
