import type { ChangeResult } from "../model/change.ts";
import { fought } from "../plan/fight.ts";
import type { UnitMemory } from "./pass.ts";

const writes = new Set<ChangeResult["outcome"]>(["created", "configured", "recreated"]);

/** D-20: every write against drift counts. */
export function noteDispute(
  { disputes }: UnitMemory,
  { change, outcome }: ChangeResult,
  nowMs: number,
): void {
  if (!("desired" in change) || !("cause" in change)) return;
  if (change.cause !== "drift" || !writes.has(outcome)) return;
  const { id, digest } = change.desired;
  disputes.set(id, fought(disputes.get(id), { nowMs, digest }));
}
