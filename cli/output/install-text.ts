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
  return `${table(columns, rows, style)}\n${stepCounts(steps)}\n`;
}

/** `12 objects to create, 0 to update, 3 as it should be` */
export function stepCounts(steps: readonly Step[]): string {
  const by = (action: StepAction) => steps.filter((step) => step.action === action).length;
  const parts = [`${count(by("create"), "object")} to create`, `${by("update")} to update`];
  return `${parts.join(", ")}, ${by("unchanged")} as it should be`;
}
