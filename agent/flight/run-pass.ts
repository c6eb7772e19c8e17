import { ApiError, isConflict, isUnanswered } from "../cluster/errors.ts";
import { acceptsOf } from "../follow/accepts.ts";
import { neighboursOf } from "../follow/neighbours.ts";
import { removedUnit } from "../follow/removed-unit.ts";
import type { Problem } from "../model/problem.ts";
import { ReconcileError } from "../model/reason.ts";
import type { Unit } from "../model/unit.ts";
import type { PassInput, PassPorts } from "../pass/pass.ts";
import type { Barrier } from "../plan/barrier.ts";
import { type Reconciled, reconcile, remove } from "../reconcile.ts";
import { recordRollback } from "../requests/roll-back.ts";
import { recordSuspend, type Suspension, suspension } from "../requests/suspend.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";
import { gateOf } from "./dependencies.ts";
import { refreshDiscovery } from "./discovery.ts";
import { inForce, loadFallback } from "./fallen-back.ts";
import { findMarked } from "./marked.ts";
import { notPermitted } from "./permit.ts";

/** What one flight of a unit ended with: a pass, or why there was none. */
export type Flight =
  | { readonly ended: "pass"; readonly reconciled: Reconciled }
  | { readonly ended: "trouble"; readonly problem: Problem }
  /** Somebody wrote the inventory in between (P-13). */
  | { readonly ended: "raced" }
  /** Nothing to enforce: it never rendered here. */
  | { readonly ended: "nothing" };

/** One pass of one unit, with every failure that has a name turned into a value. Bugs are thrown. */
export async function runPass(world: World, slot: Slot, signal: AbortSignal): Promise<Flight> {
  try {
    await recordSuspend(world, slot, signal);
    await recordRollback(world, slot, signal);
    await loadFallback(world, slot, signal);
    const input = passInput(world, slot, signal);
    if (input === undefined) return { ended: "nothing" };
    const ports = passPorts(world, input.unit);
    const problem = await notPermitted(world, { slot, input }, signal);
    if (problem !== undefined) return { ended: "trouble", problem };
    const { removal } = slot;
    const reconciled =
      removal === undefined
        ? await reconcile(ports, input, signal)
        : await remove(ports, { input, removal }, signal);
    return { ended: "pass", reconciled };
  } catch (error) {
    return troubleOf(error);
  }
}

function troubleOf(error: unknown): Flight {
  if (error instanceof ReconcileError) {
    return { ended: "trouble", problem: { reason: error.reason, message: error.message } };
  }
  if (isConflict(error) || isLeaseless(error)) return { ended: "raced" };
  if (error instanceof ApiError) {
    const reason = isUnanswered(error) ? "ClusterUnreachable" : "ApiError";
    return { ended: "trouble", problem: { reason, message: error.message } };
  }
  throw error;
}

/** Nothing was sent, and nothing can be said of the cluster: whoever holds the lease tells. */
function isLeaseless(error: unknown): boolean {
  return error instanceof ApiError && error.failure.reason === "NoLease";
}

function passInput(world: World, slot: Slot, signal: AbortSignal): PassInput | undefined {
  const { manifests, rollback } =
    slot.removal === undefined ? inForce(world, slot) : { manifests: removedUnit(world, slot) };
  if (manifests === undefined) return undefined;
  const { settings, cluster } = world;
  const { unit } = manifests;
  const { manifests: wanted } = slot;
  const suspended = suspension(world, slot);
  // An older render is of no commit that its dependencies could be at: it had them when it was healthy (R-4, O-30).
  const isAsked = slot.removal === undefined && rollback === undefined;
  const gate = isAsked ? gateOf(world, slot) : undefined;
  slot.isGated = gate !== undefined;
  return {
    ...(gate === undefined ? {} : { gate }),
    ...(rollback === undefined ? {} : { rollback }),
    ...(suspended === undefined ? {} : { suspended: stillness(suspended) }),
    unit: { ...unit, protect: [...unit.protect, ...settings.protect] },
    manifests,
    installation: cluster.installation,
    neighbours: neighboursOf(slot.app, [...world.slots.values()]),
    accepts: (only) => acceptsOf(world, slot, { only, signal }),
    takeOver: slot.takeOver,
    healthRules: slot.healthRules,
    enforce: settings.enforce && suspended === undefined,
    bypassProofs: slot.bypassProofs,
    sweep: slot.sweep,
    memory: slot.memory,
    isSuperseded: () => slot.manifests !== wanted,
  };
}

function stillness({ because, until }: Suspension): Barrier {
  return { reason: because, why: `waits for the end of the suspension, ${until}` };
}

/** C-9: objects are read and written as the app's account, never with more rights than that; records stay ours (P-13). */
function actingClient({ cluster: { client } }: World, { namespace, serviceAccount }: Unit) {
  if (serviceAccount === undefined) return client;
  return client.impersonate({ namespace, name: serviceAccount });
}

function passPorts(world: World, unit: Unit): PassPorts {
  const { inventories, kept, renders, live, hasher } = world.cluster;
  return {
    client: actingClient(world, unit),
    inventories,
    kept,
    renders,
    live,
    hasher,
    clock: world.ports.clock,
    emit: world.ports.emit,
    discovery: () => world.discovery,
    refreshDiscovery: (signal) => refreshDiscovery(world, signal),
    findMarked: (app, signal) => findMarked(world, app, signal),
  };
}
