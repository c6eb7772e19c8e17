import { crashEvent } from "../crash.ts";
import type { Artifact } from "../model/artifact.ts";
import { rendererOf } from "../render/files.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";
import { recallManifests } from "./recall.ts";
import { type RenderOf, renderBeside } from "./render-slot.ts";

/** How long everybody waits for everybody's render. */
const patienceMs = 5_000;
/** A few at a time: files are read, and a render may be a child process. */
const width = 4;

interface Batch {
  readonly slots: readonly Slot[];
  readonly artifact: Artifact;
}

/**
 * Renders what changed before any of it acts, so that a hand-over between apps is known to both. A render that takes long
 * holds up only itself: it goes on beside, and until it is known nothing that it may come to declare is taken away (4.5-1).
 */
export async function renderAll(world: World, batch: Batch, signal: AbortSignal): Promise<void> {
  const { clock } = world.ports;
  const done = new AbortController();
  let isLate = false;
  const wake = (slots: Iterable<Slot>): void => {
    if (isLate && !signal.aborted) for (const { app } of slots) world.wake(app, 0);
  };
  const all = renderLanes(world, batch, {
    signal,
    known: (slot) => wake([slot]),
  }).finally(() => {
    world.renders.delete(all);
    done.abort();
    wake(world.slots.values()); // what was put off for want of knowledge
  });
  world.renders.add(all);
  await Promise.race([all, clock.sleep(patienceMs, done.signal).catch(() => undefined)]);
  signal.throwIfAborted();
  isLate = !done.signal.aborted;
}

interface Lanes {
  readonly signal: AbortSignal;
  known(slot: Slot): void;
}

/** Children share few places and may take their time: plain files never wait for them. */
async function renderLanes(world: World, batch: Batch, { signal, known }: Lanes): Promise<void> {
  const { slots, artifact } = batch;
  const isPlain = ({ unit }: Slot): boolean =>
    unit !== undefined && rendererOf(unit, artifact.tree) === "plain";
  const lanes = [slots.filter(isPlain), slots.filter((slot) => !isPlain(slot))];
  const worker = async (queue: Iterator<Slot>): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      await renderOne(world, { slot: next.value, artifact }, signal);
      known(next.value);
    }
  };
  const workers = lanes.flatMap((lane) => {
    const queue = lane.values();
    return Array.from({ length: width }, () => worker(queue));
  });
  await Promise.all(workers);
}

async function renderOne(world: World, at: RenderOf, signal: AbortSignal): Promise<void> {
  const { slot, artifact } = at;
  const isMeant = (): boolean => slot.unknownAt === artifact && !signal.aborted;
  if (!isMeant()) return; // a newer commit changed it, or it is gone
  await renderBeside(world, at, signal);
  if (!isMeant()) return;
  slot.unknownAt = undefined;
  await recallManifests(world, [slot], signal).catch((error: unknown) => {
    if (!signal.aborted) world.ports.emit(crashEvent(error, slot.app));
  });
}
