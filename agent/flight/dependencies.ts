import type { Barrier } from "../plan/barrier.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";

type Slots = World["slots"];

/**
 * O-30, O-31: why an app may apply nothing new, down the chain to the first app that is not ready; undefined: it may.
 * Removal never asks.
 */
export function gateOf({ slots }: Pick<World, "slots">, { unit }: Slot): Barrier | undefined {
  const why = firstUnready(slots, unit?.dependsOn ?? [], new Set());
  return why === undefined ? undefined : { reason: "DependencyNotReady", why: `waits for ${why}` };
}

function firstUnready(
  slots: Slots,
  apps: readonly string[],
  seen: Set<string>,
): string | undefined {
  const app = apps.find((name) => !isReady(slots.get(name)));
  if (app === undefined || seen.has(app)) return undefined;
  seen.add(app);
  const slot = slots.get(app);
  if (slot?.unit === undefined || slot.removal !== undefined) {
    return `app ${app}, which is not deployed on this cluster`;
  }
  const deeper = firstUnready(slots, slot.unit.dependsOn, seen);
  return deeper === undefined
    ? `app ${app} (${standing(slot)})`
    : `app ${app}, which waits for ${deeper}`;
}

function standing({ status, problems, isCompared }: Slot): string {
  const [problem] = problems;
  if (problem !== undefined) return problem.reason;
  if (status === undefined || !isCompared) return "not compared yet";
  const { state, reason } = status;
  return state === "Synced" ? "its newest change is not applied yet" : `${state}: ${reason}`;
}

/** Its newest change is live here, and it is healthy now. What was said of it before this agent began proves nothing. */
function isReady(slot: Slot | undefined): boolean {
  if (slot?.unit === undefined || slot.status === undefined) return false;
  const { status, manifests, problems, isCompared, unknownAt, removal } = slot;
  if (removal !== undefined || unknownAt !== undefined || problems.length > 0) return false;
  const isHealthy = status.conditions.some(
    ({ type, status: is }) => type === "Healthy" && is === "True",
  );
  const isLive = status.revisions.live?.commit === manifests?.commit.id;
  return isCompared && isHealthy && isLive;
}

/** Everyone who waits for this app, also by way of others: what they say of it may be over. */
export function waitingFor({ slots }: Pick<World, "slots">, app: string): readonly string[] {
  const found = new Set<string>();
  const add = (name: string): void => {
    for (const { app: other, unit, isGated } of slots.values()) {
      if (!isGated || found.has(other) || !unit?.dependsOn.includes(name)) continue;
      found.add(other);
      add(other);
    }
  };
  add(app);
  return [...found];
}
