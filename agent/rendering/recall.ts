import { compileHealthRules } from "../health/cel.ts";
import { ReconcileError } from "../model/reason.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";
import { readPast } from "./past.ts";

/**
 * After a restart, an app that is broken at the newest commit goes on being enforced as it was applied last (R27). What
 * the clone no longer reaches stays as it is, and its objects count as declared (4.5-1).
 */
export async function recallManifests(
  world: World,
  slots: readonly Slot[],
  signal: AbortSignal,
): Promise<void> {
  for (const slot of slots) {
    const isForgotten =
      slot.manifests === undefined && slot.removal === undefined && slot.unknownAt === undefined;
    if (slot.inventory?.rollback !== undefined) continue; // what runs is kept in the cluster
    if (isForgotten && slot.inventory?.commit !== undefined) {
      await recall(world, { slot, commitId: slot.inventory.commit }, signal);
    }
  }
}

async function recall(
  world: World,
  { slot, commitId }: { readonly slot: Slot; readonly commitId: string },
  signal: AbortSignal,
): Promise<void> {
  const { source } = world.ports;
  try {
    const commit = await source.commit(commitId, signal);
    if (commit === undefined) return;
    const manifests = (await readPast(world, { app: slot.app, commit }, signal))?.manifests;
    if (manifests === undefined) return;
    const rules = compileHealthRules(manifests.unit.health.rules);
    if (!rules.ok) return;
    slot.manifests = manifests;
    slot.healthRules = rules.value;
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error; // the store lacks it and Git is down
  }
}
