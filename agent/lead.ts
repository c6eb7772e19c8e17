import { fly } from "./fly.ts";
import type { Manifests } from "./manifests.ts";
import type { HookRun } from "./model/hook.ts";
import type { Inventory } from "./model/inventory.ts";
import { type ObjectRef, refId } from "./model/object.ts";
import { createQueue, type Queue } from "./schedule/queue.ts";
import { createTimers, type Timers } from "./schedule/timers.ts";
import type { World } from "./world.ts";

/** D-1: an event brings a pass, no interval does. First event of a unit at once, then in strides while more come (semantics §12); a change that waits takes no strides (O-16). */
const debounceMs = { first: 200, more: 2000 };
const width = 8;

/** Queue and timers of one term of leadership. */
export interface Lead {
  begin(world: World): void;
  wake(app: string, afterMs: number): void;
  changed(ref: ObjectRef): void;
  stop(): Promise<void>;
}

export function createLead(signal: AbortSignal): Lead {
  let world: World | undefined;
  let queue: Queue | undefined;
  let timers: Timers | undefined;
  const lastEventMs = new Map<string, number>();

  async function flight(app: string): Promise<void> {
    if (world === undefined || signal.aborted) return;
    await fly(world, app, signal);
  }

  return {
    begin(started) {
      world = started;
      const { clock, emit } = started.ports;
      const tellQueue = (depth: number, active: number): void =>
        emit({ type: "queue", depth, active });
      queue = createQueue({ width, run: flight, onChange: tellQueue });
      timers = createTimers(clock, (app) => queue?.add(app));
    },
    wake: (app, afterMs) => (afterMs <= 0 ? queue?.add(app) : timers?.after(app, afterMs)),
    changed(ref) {
      if (world === undefined) return;
      const now = world.ports.clock.monotonic();
      for (const app of ownersOf(world, ref)) {
        const quiet = now - (lastEventMs.get(app) ?? Number.NEGATIVE_INFINITY);
        lastEventMs.set(app, now);
        const isBusy = quiet < debounceMs.more && world.slots.get(app)?.isWaiting !== true;
        timers?.after(app, isBusy ? debounceMs.more : debounceMs.first);
      }
    },
    async stop() {
      timers?.stop();
      await queue?.stop();
    },
  };
}

/**
 * D-11: an event counts if the identity is declared or inventoried here. Declared also counts in the very pass that makes
 * it: what became healthy while the pass ended would go unseen, and a later wave wait for nothing (O-16).
 */
function ownersOf(world: World, ref: ObjectRef): readonly string[] {
  const id = refId(ref);
  return [...world.slots.values()]
    .filter(({ inventory, manifests }) => tracks(inventory, id) || declares(manifests, id))
    .map(({ app }) => app);
}

function tracks(inventory: Inventory | undefined, id: string): boolean {
  if (inventory === undefined) return false;
  const runs: readonly HookRun[] = [...(inventory.hooks?.values() ?? [])];
  return inventory.entries.has(id) || runs.some(({ ref }) => refId(ref) === id);
}

const idsOf = new WeakMap<Manifests, ReadonlySet<string>>();

function declares(manifests: Manifests | undefined, id: string): boolean {
  if (manifests === undefined) return false;
  const { desired, hooks } = manifests;
  const ids = idsOf.get(manifests) ?? new Set([...desired, ...hooks].map((one) => one.id));
  idsOf.set(manifests, ids);
  return ids.has(id);
}
