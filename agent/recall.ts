import { selectUnits } from "./fleet/units.ts";
import { readFleet } from "./follow.ts";
import { compileHealthRules } from "./health/cel.ts";
import { manifestSource } from "./manifest-source.ts";
import { readManifests } from "./manifests.ts";
import { ReconcileError } from "./model/reason.ts";
import type { Slot } from "./slot.ts";
import type { World } from "./world.ts";

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
    const isForgotten = slot.manifests === undefined && slot.removal === undefined;
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
    const fleet = await readFleet(source, commitId, signal);
    if (!fleet.ok) return;
    const { units } = selectUnits(fleet.value, world.settings.cluster.name, world.cluster.hasher);
    const unit = units.find(({ app }) => app === slot.app);
    if (unit === undefined) return;
    const rules = compileHealthRules(unit.health.rules);
    const tree = await source.tree(commitId, signal);
    const manifests = await readManifests(manifestSource(world), { unit, commit, tree }, signal);
    if (!manifests.ok || !rules.ok) return;
    slot.manifests = manifests.value;
    slot.healthRules = rules.value;
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error; // the store lacks it and Git is down
  }
}
