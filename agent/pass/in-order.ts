import type { Change, ChangeResult, Desired } from "../model/change.ts";
import type { HookRun } from "../model/hook.ts";
import type { Inventory } from "../model/inventory.ts";
import { describeRef } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import { type Barrier, barrierAfter, unreadyDependency, waiting } from "../plan/barrier.ts";
import { hasFailed } from "../plan/change-failed.ts";
import { dependenciesOf } from "../plan/depends-on.ts";
import type { HookRuns } from "../plan/hook-move.ts";
import { hookWaves, type Step, stepName } from "../plan/steps.ts";
import { applyStages } from "./apply-stages.ts";
import { assess } from "./assess.ts";
import { sweepDropped, sweepEnded } from "./hook-sweep.ts";
import { hookLookMs, runHooks } from "./hooks.ts";
import { type OrderedStep, orderOf } from "./order-of.ts";
import type { PassInput, PassPorts } from "./pass.ts";
import { refusedBeforehand } from "./preflight.ts";
import type { Recreates } from "./recreates.ts";

interface Ordered {
  readonly input: PassInput;
  readonly inventory: Inventory;
  readonly recreates: Recreates;
}

export interface Carried {
  readonly results: readonly ChangeResult[];
  /** As they are to be recorded. */
  readonly hooks?: HookRuns;
  readonly dueMs: readonly number[];
}

/** How far this pass has come. */
interface Course extends Carried {
  readonly barrier: Barrier | undefined;
}

/**
 * Pre hooks, waves, post hooks (O-10). What is already applied is enforced at once; what is new waits for its turn. The
 * place in this order is found anew in every pass, from the inventory and from what lives: nothing is remembered.
 */
export async function applyInOrder(
  ports: PassPorts,
  at: Ordered,
  signal: AbortSignal,
): Promise<Carried> {
  const { input } = at;
  const { manifests } = input;
  const { steps, invalid } = orderOf(manifests);
  const refused = isWriting(input) ? await refusedBeforehand(ports, at, signal) : nothing;
  const faults = new Map([...refused, ...invalid]);
  let course = await begin(ports, { ...at, refused }, signal);
  for (const [index, step] of steps.entries()) {
    const isLast = index === steps.length - 1;
    course = await takeObjects(ports, { ...at, step, course, faults, isLast }, signal);
    course = await takeHooks(ports, { ...at, step, course }, signal);
  }
  course = await takeFailure(ports, { ...at, course }, signal);
  const { results, hooks, dueMs } = course;
  if (hooks === undefined || !isWriting(input)) return { results, dueMs };
  return { results, dueMs, hooks: await sweepEnded(ports, { input, runs: hooks }, signal) };
}

interface Beginning extends Ordered {
  readonly refused: ReadonlyMap<string, Problem>;
}

/** What keeps the whole change back, before its first step. */
async function begin(
  ports: PassPorts,
  { input, inventory, refused }: Beginning,
  signal: AbortSignal,
): Promise<Course> {
  const results = input.manifests.unsendable.map(unsent);
  const { hooks } = inventory;
  if (!isWriting(input)) return { results, dueMs: [], barrier: undefined };
  const first = input.gate ?? refusal(refused);
  if (hooks === undefined) return { results, dueMs: [], barrier: first };
  const { runs, atWork } = await sweepDropped(ports, { input, runs: hooks }, signal);
  const dueMs = atWork === undefined ? [] : [ports.clock.now() + hookLookMs];
  return { results, dueMs, hooks: runs, barrier: first ?? stillBusy(atWork) };
}

function stillBusy(run: HookRun | undefined): Barrier | undefined {
  if (run === undefined) return undefined;
  const why = `waits for the ${run.phase} hook ${describeRef(run.ref)} of the change before`;
  return { reason: "Applying", why };
}

const nothing: ReadonlyMap<string, Problem> = new Map();
const noRuns: HookRuns = new Map();

function refusal(refused: ReadonlyMap<string, Problem>): Barrier | undefined {
  const [first] = refused.values();
  if (first?.ref === undefined) return undefined;
  return { reason: "Applying", why: `waits for ${describeRef(first.ref)}, which is refused` };
}

function isWriting({ enforce, unit }: PassInput): boolean {
  return enforce && unit.mode === "enforce";
}

function unsent({
  desired: { ref },
  problem,
}: PassInput["manifests"]["unsendable"][number]): ChangeResult {
  return { change: { action: "fail", ref, problem }, outcome: "failed", problem, warnings: [] };
}

interface Taking extends Ordered {
  readonly course: Course;
}

interface Objects extends Taking {
  readonly step: OrderedStep;
  readonly faults: ReadonlyMap<string, Problem>;
  readonly isLast: boolean;
}

/** Layer by layer, for objects that name others (O-21); then, if something follows, whether it may (O-15). */
async function takeObjects(ports: PassPorts, at: Objects, signal: AbortSignal): Promise<Course> {
  const { step, course, isLast, input, inventory } = at;
  let results = course.results;
  const own: ChangeResult[] = [];
  for (const objects of step.layers) {
    const earlier = results;
    const heldBack = (desired: Desired) => heldBackBy(ports, at, { desired, results: earlier });
    const applying = { ...at, objects, earlier, heldBack };
    const answered = await applyStages(ports, applying, signal);
    own.push(...answered);
    results = [...results, ...answered];
  }
  const mustKnow = isWriting(input) && course.barrier === undefined;
  if (!mustKnow || (isLast && step.hooks.length === 0)) return { ...course, results };
  const { health } = assess(ports, { input, inventory, results, objects: step.objects });
  const barrier = barrierAfter(stepName(step), { results: own, health });
  return { ...course, results, barrier };
}

interface Candidate {
  readonly desired: Desired;
  readonly results: readonly ChangeResult[];
}

/** O-15, O-22, O-23, O-30. Never what was applied as it is declared: that is enforced whatever the others do. */
function heldBackBy(
  ports: PassPorts,
  { input, inventory, course, faults }: Objects,
  { desired, results }: Candidate,
): Change | undefined {
  const { id, ref, object, digest } = desired;
  const problem = faults.get(id);
  if (problem !== undefined) return { action: "fail", ref, problem };
  if (!isWriting(input) || inventory.entries.get(id)?.digest === digest) return undefined;
  if (course.barrier !== undefined) return waiting(ref, course.barrier);
  const needed = new Set(dependenciesOf(object).map((each) => each.name));
  if (needed.size === 0) return undefined;
  const objects = input.manifests.desired.filter((one) => needed.has(one.ref.name));
  const { health } = assess(ports, { input, inventory, results, objects });
  const digests = new Map(objects.map((one) => [one.id, one.digest]));
  const isFinished = (other: string): boolean => {
    const entry = inventory.entries.get(other);
    return entry?.finished !== undefined && entry.finished === digests.get(other);
  };
  const why = unreadyDependency(desired, { results, health, isFinished });
  return why === undefined ? undefined : waiting(ref, { reason: "Applying", why });
}

interface Hooks extends Taking {
  readonly step: Step;
}

async function takeHooks(
  ports: PassPorts,
  { input, step, course }: Hooks,
  signal: AbortSignal,
): Promise<Course> {
  const { hooks: runs = noRuns, barrier } = course;
  if (step.hooks.length === 0 || step.phase === "main" || !isWriting(input)) return course;
  const turn = { input, runs, phase: step.phase, hooks: step.hooks, barrier };
  const turned = await runHooks(ports, turn, signal);
  return {
    results: [...course.results, ...turned.results],
    dueMs: [...course.dueMs, ...turned.dueMs],
    hooks: turned.runs,
    barrier: barrier ?? turned.barrier,
  };
}

/** O-19: once for a change that failed, never for one that went well before. */
async function takeFailure(
  ports: PassPorts,
  { input, inventory, course }: Taking,
  signal: AbortSignal,
): Promise<Course> {
  const { manifests, unit } = input;
  const waves = hookWaves(manifests.hooks, "failure");
  const isOver = inventory.succeeded === manifests.digest;
  if (waves.length === 0 || isOver || !isWriting(input)) return course;
  const { results } = course;
  const { health } = assess(ports, { input, inventory, results });
  const timeoutMs = unit.health.timeoutMs;
  if (!hasFailed({ results, health, nowMs: ports.clock.now(), timeoutMs })) return course;
  let next: Course = { ...course, barrier: undefined };
  for (const hooks of waves) {
    const { hooks: runs = noRuns, barrier } = next;
    const turn = { input, runs, phase: "failure" as const, hooks, barrier };
    const turned = await runHooks(ports, turn, signal);
    next = {
      results: [...next.results, ...turned.results],
      dueMs: [...next.dueMs, ...turned.dueMs],
      hooks: turned.runs,
      barrier: barrier ?? turned.barrier,
    };
  }
  return next;
}
