import type { ClusterClient } from "../../agent/cluster/client.ts";
import { ApiError } from "../../agent/cluster/errors.ts";
import type { Change, Desired } from "../../agent/model/change.ts";
import type { InventoryEntry } from "../../agent/model/inventory.ts";
import { versionedRefOf } from "../../agent/model/object.ts";
import type { Unit } from "../../agent/model/unit.ts";
import { predictChange } from "../../agent/pass/predict.ts";
import { type Live, type PlanContext, prepare } from "../../agent/plan/plan.ts";

export interface PlanWish {
  readonly unit: Unit;
  readonly desired: Desired;
  /** Everything that the unit declares, `desired` among it. */
  readonly declared: readonly Desired[];
  readonly entry: InventoryEntry | undefined;
  readonly installation: string;
  readonly nowMs: number;
}

/** One object, planned as the agent plans it (semantics §1.2). */
export async function planOne(
  client: ClusterClient,
  { unit, desired, declared, entry, installation, nowMs }: PlanWish,
  signal: AbortSignal,
): Promise<Change | "raced"> {
  const context: PlanContext = {
    unit,
    installation,
    nowMs,
    entry,
    declaredBy: undefined,
    declared,
    differsSinceMs: undefined,
    takeOver: false,
  };
  const prepared = prepare(desired, await read(client, desired, signal), context);
  if (prepared.settled !== undefined) return prepared.settled;
  return await predictChange(client, { asked: prepared, context }, signal);
}

async function read(
  client: ClusterClient,
  { object }: Desired,
  signal: AbortSignal,
): Promise<Live> {
  try {
    const live = await client.get(versionedRefOf(object), signal);
    return live === undefined ? { found: "nothing" } : { found: "object", object: live };
  } catch (error) {
    return { found: "error", failure: failureOf(error, signal) };
  }
}

function failureOf(error: unknown, signal: AbortSignal): ApiError["failure"] {
  signal.throwIfAborted();
  if (error instanceof ApiError) return error.failure;
  throw error;
}
