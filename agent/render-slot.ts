import { compileHealthRules } from "./health/cel.ts";
import { manifestSource } from "./manifest-source.ts";
import { readManifests } from "./manifests.ts";
import type { Artifact } from "./model/artifact.ts";
import { reasonInfo } from "./model/reason.ts";
import { retryDelayMs } from "./schedule/backoff.ts";
import type { RenderTry, Slot } from "./slot.ts";
import { tellRender } from "./tell-render.ts";
import type { World } from "./world.ts";

/** Renders one unit; what cannot be rendered leaves the last good manifests in force. */
export async function renderSlot(
  world: World,
  { slot, artifact }: { readonly slot: Slot; readonly artifact: Artifact },
  signal: AbortSignal,
): Promise<void> {
  const { unit, commit } = slot;
  if (unit === undefined || commit === undefined) return;
  const rules = compileHealthRules(unit.health.rules);
  const manifests = await readManifests(
    manifestSource(world),
    { unit, commit: artifact.commit, tree: artifact.tree },
    signal,
  );
  const problems = [
    ...(rules.ok ? [] : rules.problems),
    ...(manifests.ok ? [] : manifests.problems),
  ];
  slot.problems = problems;
  slot.renderTry = nextTry(world, slot);
  if (rules.ok) slot.healthRules = rules.value;
  if (manifests.ok && rules.ok) slot.manifests = { ...manifests.value, commit };
  tellRender(world.ports, slot);
}

/** A tool that is missing, or a child that the machine ended, may do better another time; a broken file will not. */
function nextTry({ ports }: World, { problems, renderTry }: Slot): RenderTry | undefined {
  const isTransient = problems.some(({ reason }) => {
    const { stage, retry } = reasonInfo(reason);
    return stage === "rendered" && retry === "backoff";
  });
  if (!isTransient) return undefined;
  const failures = (renderTry?.failures ?? 0) + 1;
  // Not later than the flight that the same failure brings about.
  const delayMs = retryDelayMs("backoff", failures, 0) ?? 0;
  return { failures, dueMs: ports.clock.monotonic() + delayMs };
}

/** Renders a unit once more when its last try failed for a reason that may have passed, and is long enough ago. */
export async function renderAgain(world: World, slot: Slot, signal: AbortSignal): Promise<void> {
  const { renderTry } = slot;
  const artifact = world.fleet?.artifact;
  if (renderTry === undefined || artifact === undefined) return;
  if (world.ports.clock.monotonic() < renderTry.dueMs) return;
  await renderSlot(world, { slot, artifact }, signal);
}
