import type { LiveCache } from "../cluster/cache.ts";
import { fly } from "../flight/fly.ts";
import type { HookRun } from "../model/hook.ts";
import type { Inventory } from "../model/inventory.ts";
import { type ObjectRef, refId } from "../model/object.ts";
import type { Manifests } from "../rendering/manifests.ts";
import { createQueue, type Queue, type QueueStep } from "../schedule/queue.ts";
import { createTimers, type Timers } from "../schedule/timers.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";

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
  let strides: Timers | undefined;
  const told = new Map<string, Set<string>>();
  const flownMs = new Map<string, number>();

  async function flight(app: string): Promise<void> {
    if (world === undefined || signal.aborted) return;
    await fly(world, app, signal);
  }

  /** Whatever else is wished of it is in this flight, too. */
  function start(app: string): void {
    timers?.cancel(app);
    strides?.cancel(app);
    told.delete(app);
    queue?.add(app);
  }

  /** How long what was told of it is still gathered; a change that waits is brought on at once (O-16). */
  function gatherMs({ app, isWaiting }: Slot, nowMs: number): number {
    if (isWaiting) return 0;
    if (queue?.isRunning(app) === true) return debounceMs.first; // that flight may be about to see it
    return debounceMs.more - (nowMs - (flownMs.get(app) ?? Number.NEGATIVE_INFINITY));
  }

  function heed({ ports: { clock }, slots, cluster: { live } }: World, app: string): void {
    const slot = slots.get(app);
    const ids = [...(told.get(app) ?? [])];
    if (slot === undefined || ids.every((id) => isCompared(slot, id, live))) {
      told.delete(app); // what a pass wrote comes back as an event
      return;
    }
    const leftMs = gatherMs(slot, clock.monotonic());
    if (leftMs > 0) {
      strides?.after(app, leftMs);
      return;
    }
    flownMs.set(app, clock.monotonic());
    start(app);
  }

  return {
    begin(started) {
      world = started;
      const { clock } = started.ports;
      const onStep = (step: QueueStep, app: string) => tellStep(started, queue, { step, app });
      queue = createQueue({ width, run: flight, onStep });
      timers = createTimers(clock, start);
      strides = createTimers(clock, (app) => heed(started, app));
    },
    wake: (app, afterMs) => (afterMs <= 0 ? queue?.add(app) : timers?.after(app, afterMs)),
    changed(ref) {
      if (world === undefined) return;
      const id = refId(ref);
      for (const app of ownersOf(world, id)) {
        told.set(app, (told.get(app) ?? new Set()).add(id));
        strides?.after(app, debounceMs.first);
      }
    },
    async stop() {
      timers?.stop();
      strides?.stop();
      await queue?.stop();
    },
  };
}

function tellStep(
  { ports, slots }: World,
  queue: Queue | undefined,
  { step, app }: { readonly step: QueueStep; readonly app: string },
): void {
  const { depth = 0, active = 0 } = queue ?? {};
  const isRetry = step === "added" && (slots.get(app)?.failures ?? 0) > 0;
  ports.emit({ type: "queue", depth, active, app, step: isRetry ? "retried" : step });
}

/**
 * D-11: an event counts if the identity is declared or inventoried here. Declared also counts in the very pass that makes
 * it: what became healthy while the pass ended would go unseen, and a later wave wait for nothing (O-16).
 */
function ownersOf(world: World, id: string): readonly string[] {
  return [...world.slots.values()]
    .filter(({ inventory, manifests }) => tracks(inventory, id) || declares(manifests, id))
    .map(({ app }) => app);
}

function tracks(inventory: Inventory | undefined, id: string): boolean {
  if (inventory === undefined) return false;
  const runs: readonly HookRun[] = [...(inventory.hooks?.values() ?? [])];
  return inventory.entries.has(id) || runs.some(({ ref }) => refId(ref) === id);
}

/** A pass has seen this very version of it, and said so: an event of it is no news. */
function isCompared({ memory }: Slot, id: string, live: Pick<LiveCache, "entry">): boolean {
  const proof = memory.proofs.get(id);
  const { uid, resourceVersion } = live.entry(id)?.object.metadata ?? {};
  return proof !== undefined && proof.uid === uid && proof.version === resourceVersion;
}

const idsOf = new WeakMap<Manifests, ReadonlySet<string>>();

function declares(manifests: Manifests | undefined, id: string): boolean {
  if (manifests === undefined) return false;
  const { desired, hooks } = manifests;
  const ids = idsOf.get(manifests) ?? new Set([...desired, ...hooks].map((one) => one.id));
  idsOf.set(manifests, ids);
  return ids.has(id);
}
