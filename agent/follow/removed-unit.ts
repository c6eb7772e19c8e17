import type { Inventory } from "../model/inventory.ts";
import type { Unit } from "../model/unit.ts";
import { emptyManifests, type Manifests } from "../rendering/manifests.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";

/** Stands for the documents of an app that are gone: what the inventory remembers of it, and defaults (P-73). */
export function removedUnit(world: World, slot: Slot): Manifests | undefined {
  const { commit = world.accepted, inventory } = slot;
  if (commit === undefined) return undefined;
  return emptyManifests(slot.unit ?? bareUnit(world, slot.app, inventory), commit);
}

function bareUnit({ settings, fleet }: World, app: string, inventory?: Inventory): Unit {
  const { namespace = "", serviceAccount } = inventory ?? {};
  return {
    app,
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
    cluster: fleet?.cluster ?? { name: settings.cluster.name, labels: {}, values: {} },
    file: "",
    folder: "",
    path: "",
    shared: [],
    namespace,
    changeId: "",
    renderer: { kind: "plain" },
    values: {},
    mode: "enforce",
    prune: { enabled: true, maxShare: 0.2 },
    drift: { mode: "heal", graceMs: 0, ignore: [] },
    health: { timeoutMs: 300_000, rules: [] },
    onFailure: "keep",
    onRemove: "hold",
    dependsOn: [],
    protect: [],
    holdUntilMaxMs: 4 * 3_600_000,
  };
}
