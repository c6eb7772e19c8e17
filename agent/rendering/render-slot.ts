import { crashEvent } from "../crash.ts";
import { compileHealthRules } from "../health/cel.ts";
import type { Artifact, Commit } from "../model/artifact.ts";
import type { Parsed } from "../model/problem.ts";
import { ReconcileError, reasonInfo } from "../model/reason.ts";
import type { Unit } from "../model/unit.ts";
import { retryDelayMs } from "../schedule/backoff.ts";
import type { RenderTry, Slot } from "../slot.ts";
import type { World } from "../world.ts";
import { manifestSource } from "./manifest-source.ts";
import { type Manifests, readManifests } from "./manifests.ts";
import { tellRender } from "./tell-render.ts";

export interface RenderOf {
  readonly slot: Slot;
  readonly artifact: Artifact;
}

/** Renders one unit; what cannot be rendered leaves the last good manifests in force. A newer render takes an older one's place. */
export async function renderSlot(
  world: World,
  { slot, artifact }: RenderOf,
  signal: AbortSignal,
): Promise<void> {
  const { unit, commit } = slot;
  if (unit === undefined || commit === undefined) return;
  slot.rendering?.abort();
  const mine = new AbortController();
  slot.rendering = mine;
  try {
    const either = AbortSignal.any([signal, mine.signal]);
    const at = { unit, commit: artifact.commit, tree: artifact.tree };
    const manifests = await readManifests(manifestSource(world), at, either);
    if (!either.aborted) take(world, slot, { unit, commit, manifests });
  } catch (error) {
    if (!mine.signal.aborted) throw error;
  } finally {
    if (slot.rendering === mine) slot.rendering = undefined;
  }
}

interface Rendered {
  readonly unit: Unit;
  readonly commit: Commit;
  readonly manifests: Parsed<Manifests>;
}

function take(world: World, slot: Slot, { unit, commit, manifests }: Rendered): void {
  const rules = compileHealthRules(unit.health.rules);
  slot.problems = [
    ...(rules.ok ? [] : rules.problems),
    ...(manifests.ok ? [] : manifests.problems),
  ];
  slot.renderTry = nextTry(world, slot);
  if (rules.ok) slot.healthRules = rules.value;
  if (manifests.ok && rules.ok) slot.manifests = { ...manifests.value, commit };
  tellRender(world.ports, slot);
}

/**
 * Renders one unit beside everything else. Its trouble is its own: a tool that is missing, a child that the machine
 * ended, a file that cannot be read now may do better another time; a broken file will not.
 */
export function renderBeside(world: World, at: RenderOf, signal: AbortSignal): Promise<void> {
  const work = renderSlot(world, at, signal)
    .catch((error: unknown) => {
      if (!signal.aborted) fail(world, at.slot, error);
    })
    .finally(() => world.renders.delete(work));
  world.renders.add(work);
  return work;
}

function fail(world: World, slot: Slot, error: unknown): void {
  if (error instanceof ReconcileError) {
    const { reason, message } = error;
    slot.problems = [{ reason, message }];
  } else {
    const { app } = slot;
    world.ports.emit(crashEvent(error, app));
    slot.problems = [
      { reason: "RenderFailed", message: `rendering ${app} ended with a bug of ours; see the log` },
    ];
  }
  slot.renderTry = nextTry(world, slot);
}

function nextTry({ ports }: World, { problems, renderTry }: Slot): RenderTry | undefined {
  if (!problems.some(({ reason }) => reasonInfo(reason).retry === "backoff")) return undefined;
  const failures = (renderTry?.failures ?? 0) + 1;
  // Not later than the flight that the same failure brings about.
  const delayMs = retryDelayMs("backoff", failures, 0) ?? 0;
  return { failures, dueMs: ports.clock.monotonic() + delayMs };
}

/** Begins to render a unit once more when its last try failed for a reason that may have passed, and is long enough ago. */
export function renderAgain(world: World, slot: Slot, signal: AbortSignal): void {
  const { renderTry, rendering } = slot;
  const artifact = world.fleet?.artifact;
  if (renderTry === undefined || rendering !== undefined || artifact === undefined) return;
  if (world.ports.clock.monotonic() < renderTry.dueMs) return;
  void renderBeside(world, { slot, artifact }, signal).then(() => {
    if (!signal.aborted) world.wake(slot.app, 0);
  });
}
