import type { Inventory } from "../../../agent/model/inventory.ts";
import { commitIndex, type History, type Violation } from "./model.ts";

/** I6 no silent going back: the applied commit of a unit moves forward along the accepted history, or a rollback record names both. */
export function noGoingBack(history: History): readonly Violation[] {
  const violations: Violation[] = [];
  for (const { app } of history.units) {
    let reached: { readonly index: number; readonly id: string } | undefined;
    for (const { inventory, revision } of history.inventories.filter((one) => one.app === app)) {
      const id = inventory?.commit;
      if (id === undefined) continue;
      const index = commitIndex(history, id);
      const say = (message: string) =>
        violations.push({
          invariant: "I6",
          revision,
          ref: undefined,
          message: `${app}: ${message}`,
        });
      if (index === -1) say(`applied ${id}, which was never accepted`);
      else if ((history.commits[index]?.from ?? 0) > revision)
        say(`applied ${id} before it was pushed`);
      else if (reached !== undefined && index < reached.index && !names(inventory, reached.id, id))
        say(`went back from ${reached.id} to ${id}`);
      else reached = { index, id };
    }
  }
  return violations;
}

function names(inventory: Inventory | undefined, from: string, to: string): boolean {
  const { rollback } = inventory ?? {};
  return rollback?.from.commit === from && rollback.to.commit === to;
}
