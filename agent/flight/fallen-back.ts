import { compileHealthRules } from "../health/cel.ts";
import type { Rollback } from "../model/inventory.ts";
import type { Problem } from "../model/problem.ts";
import { ReconcileError } from "../model/reason.ts";
import { readKept } from "../pass/fall-back.ts";
import type { Manifests } from "../rendering/manifests.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";
import { watchKinds } from "./discovery.ts";

type Around = Pick<World, "cluster" | "ports">;

/**
 * The rollback that counts now (R-5): until Git asks for another render, its time is over, or a person asks for a try
 * (`holdfast sync`). Where nobody knows what Git asks for, it counts.
 */
export function rollbackInForce({ cluster, ports }: Around, slot: Slot): Rollback | undefined {
  const { inventory, manifests, removal, triesAgain } = slot;
  const rollback = inventory?.rollback;
  if (rollback === undefined || removal !== undefined) return undefined;
  if (inventory?.installation !== cluster.installation.id) return undefined; // P-12: its marks are another's
  const endMs = Date.parse(rollback.until ?? "");
  if (endMs <= ports.clock.now()) return undefined;
  if (manifests === undefined) return rollback;
  const isAsked = manifests.digest === rollback.from.digest && !triesAgain;
  return isAsked ? rollback : undefined;
}

/** Reads the render that runs instead, once. Throws ReconcileError `RolledBack` when it is gone: then nothing is applied. */
export async function loadFallback(world: World, slot: Slot, signal: AbortSignal): Promise<void> {
  const rollback = rollbackInForce(world, slot);
  if (rollback === undefined) {
    slot.fallback = undefined;
    return;
  }
  const { digest, commit } = rollback.to;
  if (slot.fallback?.digest === digest) return;
  slot.fallback = await readKept(world.cluster, { app: slot.app, digest }, signal);
  if (slot.fallback === undefined) {
    const message = `the render of ${commit.slice(0, 7)} that should run can no longer be read: what runs is left alone`;
    throw new ReconcileError("RolledBack", message);
  }
  // D-13: after a start without Git nobody has looked at anything yet.
  const patience = AbortSignal.any([signal, AbortSignal.timeout(5_000)]);
  await world.cluster.live.synced(watchKinds(world), patience).catch(() => undefined);
  const rules = compileHealthRules(slot.fallback.unit.health.rules);
  if (slot.manifests === undefined && rules.ok) slot.healthRules = rules.value;
}

/** What one pass applies. */
export interface InForce {
  readonly manifests: Manifests | undefined;
  readonly rollback?: Rollback;
}

/** What Git asks for, or the render that runs instead: with the newest word on how the unit is to be treated. */
export function inForce(world: Around, slot: Slot): InForce {
  const { fallback, manifests } = slot;
  const rollback = rollbackInForce(world, slot);
  if (rollback === undefined || fallback === undefined) return { manifests };
  const { changeId, namespace } = fallback.unit;
  const unit = { ...(manifests ?? fallback).unit, changeId, namespace };
  return { rollback, manifests: { ...fallback, unit } };
}

/** Held however healthy the old render is (R-4), with what it could not undo (R-6). */
export function rollbackProblem(world: Around, slot: Slot): readonly Problem[] {
  const rollback = rollbackInForce(world, slot);
  if (rollback === undefined) return [];
  const { app, status } = slot;
  const { from, to, by, why, until, stays = [] } = rollback;
  const [failed, good] = [from.commit.slice(0, 7), to.commit.slice(0, 7)];
  const left = stays.length === 0 ? "" : `; not undone: ${stays.slice(0, 5).join(", ")}`;
  const again = `holdfast sync ${app}${status === undefined ? "" : ` --cluster ${status.cluster}`}`;
  if (by === "failure") {
    const message = `${failed} failed here (${why}), so the last healthy render, of ${good}, runs${left}`;
    return [
      { reason: "RolledBack", message, next: `Fix or revert ${failed}; ${again} tries it again.` },
    ];
  }
  const end = until === undefined ? "" : ` until ${until}`;
  const message = `${failed} was left for the render of ${good}${end}, by hand (${why})${left}`;
  return [
    {
      reason: "RolledBack",
      message,
      next: `Revert ${failed} in Git; ${again} goes forward again.`,
    },
  ];
}
