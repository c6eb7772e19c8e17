import { fillRatio } from "./cluster/inventory-format.ts";
import type { ChangeResult } from "./model/change.ts";
import type { Phase } from "./model/event.ts";
import { type Inventory, isEmpty } from "./model/inventory.ts";
import { type Assessed, assess } from "./pass/assess.ts";
import { driftOf } from "./pass/drift.ts";
import { type Dropped, dropLeftovers, withDropped } from "./pass/drop-leftovers.ts";
import { dueOf } from "./pass/due.ts";
import { type Fate, judgeRevision } from "./pass/fall-back.ts";
import { removeHooks } from "./pass/hook-sweep.ts";
import { hookLookMs } from "./pass/hooks.ts";
import { applyInOrder } from "./pass/in-order.ts";
import { openInventory, recordIntents, recordResults } from "./pass/inventory.ts";
import { leftoversIn } from "./pass/leftovers.ts";
import { ensureNamespace } from "./pass/namespace.ts";
import type { PassInput, PassPorts } from "./pass/pass.ts";
import { explainByPods } from "./pass/pods.ts";
import { type Pruned, prune } from "./pass/prune.ts";
import { judgeRecreates, type Recreates } from "./pass/recreates.ts";
import { deletingOf, waitingOf } from "./pass/unfinished.ts";
import { isOpen } from "./plan/blocked.ts";
import type { Removal } from "./plan/guard.ts";
import type { HookRuns } from "./plan/hook-move.ts";
import type { Pass } from "./status/input.ts";

export interface Reconciled {
  readonly pass: Pass;
  readonly inventory: Inventory;
  /** When time alone may change the answer, milliseconds since the epoch. */
  readonly dueMs?: number;
  /** Another pass has work to do: an intent was found, or a deletion is on its way. */
  readonly again: boolean;
}

/** One unit, one pass, from manifests to cluster. Reads top to bottom; every step's input is an earlier step's output. */
export async function reconcile(
  ports: PassPorts,
  input: PassInput,
  signal: AbortSignal,
): Promise<Reconciled> {
  const writes = input.enforce && input.unit.mode === "enforce";
  const open = writes ? recordIntents : openInventory;
  const tracked = await open(ports, input, signal); // P-10: on record before it exists
  const inventory = tracked.value;

  if (writes) await ensureNamespace(ports, input, signal);
  const recreates = await judgeRecreates(ports, { input, inventory }, signal);
  const carried = await timed(ports, { input, phase: "apply" }, () =>
    applyInOrder(ports, { input, inventory, recreates }, signal),
  );
  const dropped = await dropLeftovers(
    ports,
    { input, inventory, applied: carried.results },
    signal,
  );
  const applied = withDropped(carried.results, dropped);
  const assessed = assess(ports, { input, inventory, results: applied });
  const before = await explainByPods(ports, { input, assessed }, signal);
  const { unready } = before;
  // P-14: what was renamed is another object, applied first and pruned after.
  const gone = await timed(ports, { input, phase: "prune" }, () =>
    prune(ports, { input, inventory, applied, unready }, signal),
  );
  const pruned = { ...gone, ...judgedTogether(gone, recreates, dropped) };

  const results = [...applied, ...pruned.results];
  const isUp = unready.length === 0 && !applied.some(isOpen);
  const isDone = isUp && pruned.pending !== true && !results.some(isOpen);
  const { hooks } = carried;
  const revision = { input, inventory, results, health: before.health, hooks, isUp };
  const fate = writes ? await judgeRevision(ports, revision, signal) : noFate;
  const recording = { input, tracked, results, pruned, isDone, fate: fate.record };
  const after = writes
    ? await recordResults(ports, { ...recording, ...only(carried.hooks) }, signal)
    : inventory;
  const dueMs = [...carried.dueMs, ...fate.dueMs];
  const ended = { input, inventory: after, results, pruned, assessed: before, dueMs, fate };
  return conclude(ports, ended);
}

const noFate: Fate = { dueMs: [] };

function only(hooks: HookRuns | undefined): { readonly hooks?: HookRuns } {
  return hooks === undefined ? {} : { hooks };
}

/** The same for a unit that Git no longer has: nothing is declared, everything is judged (P-72). */
export async function remove(
  ports: PassPorts,
  { input, removal }: { readonly input: PassInput; readonly removal: Removal },
  signal: AbortSignal,
): Promise<Reconciled> {
  const tracked = await openInventory(ports, input, signal);
  const inventory = tracked.value;
  const pruned = await prune(
    ports,
    { input, inventory, applied: [], unready: [], removal },
    signal,
  );
  const { results } = pruned;
  const writes = input.enforce && input.unit.mode === "enforce";
  const isLetGo = writes && pruned.pending !== true;
  const how = removal.how === "orphan" ? "release" : "delete";
  const runs = tracked.value.hooks ?? new Map();
  const hooks = isLetGo ? await removeHooks(ports, { input, runs, how }, signal) : runs;
  const after = writes
    ? await recordResults(ports, { input, tracked, results, pruned, ...only(hooks) }, signal)
    : inventory;
  if (writes && isEmpty(after)) await forget(ports, after, signal);
  const dueMs = isLetGo && hooks.size > 0 ? [ports.clock.now() + hookLookMs] : [];
  const assessed = { health: [], unready: [] };
  const fate = noFate;
  return conclude(ports, { input, inventory: after, results, pruned, assessed, dueMs, fate });
}

/** P-73: the inventory goes last, after what was kept to go back to. */
async function forget(
  { renders, inventories }: PassPorts,
  { app, renders: kept }: Inventory,
  signal: AbortSignal,
): Promise<void> {
  if (kept !== undefined) await renders.retain(app, [], signal);
  await inventories.remove(app, signal);
}

/** What waits for a person, and what a person let through: of deletions for good and for a new start alike (P-51), and of fields. */
function judgedTogether(
  gone: Pruned,
  recreates: Recreates,
  dropped: Dropped,
): Omit<Pruned, "results"> {
  const held = recreates.held ?? gone.held;
  const used = [...recreates.used, ...dropped.used, ...gone.used];
  return { used, ...(held === undefined ? {} : { held, pending: true }) };
}

interface Conclusion {
  readonly input: PassInput;
  readonly inventory: Inventory;
  readonly results: readonly ChangeResult[];
  readonly pruned: Pruned;
  readonly assessed: Assessed;
  readonly dueMs: readonly number[];
  readonly fate: Fate;
}

function conclude(
  ports: PassPorts,
  { input, inventory, results, pruned, assessed, dueMs, fate }: Conclusion,
): Reconciled {
  const { unit, manifests } = input;
  ports.emit({ type: "inventory", app: unit.app, fillRatio: fillRatio(inventory) });
  const deleting = deletingOf(inventory, pruned);
  const leftovers = leftoversIn(input, ports.hasher);
  const pass: Pass = {
    attempted: manifests.commit,
    changeId: unit.changeId,
    renderDigest: manifests.digest,
    managed: inventory.entries.size,
    results,
    problems: [],
    drift: driftOf(ports, input, results),
    ...(leftovers === undefined ? {} : { leftovers }),
    health: assessed.health,
    waiting: [...waitingOf(results), ...(pruned.waiting ?? [])],
    deleting,
    complete: true,
    ...(pruned.held === undefined ? {} : { held: pruned.held }),
    ...revisionOf(input, fate),
  };
  const due = [
    ...dueMs,
    ...(assessed.dueMs === undefined ? [] : [assessed.dueMs]),
    ...dueOf({ input, inventory, results, nowMs: ports.clock.now() }),
  ];
  return {
    pass,
    inventory,
    again: pruned.results.some(isUnfinished) || fate.record?.rollback !== undefined,
    ...(due.length === 0 ? {} : { dueMs: Math.min(...due) }),
  };
}

/** What is said of a revision that went back, or could not. */
function revisionOf({ rollback }: PassInput, { record, whyKept }: Fate): Partial<Pass> {
  return {
    ...(rollback === undefined ? {} : { isFallback: true }),
    ...(record?.rollback === undefined ? {} : { isLeft: true }),
    ...(whyKept === undefined ? {} : { whyKept }),
  };
}

/** A deletion that has just begun, or an intent that was just found. What terminates tells by its watch when it is gone. */
function isUnfinished({ change, live, outcome }: ChangeResult): boolean {
  if (live === undefined || outcome === "released") return false;
  return change.action !== "skip" || live.metadata.deletionTimestamp === undefined;
}

interface Timed {
  readonly input: PassInput;
  readonly phase: Phase;
}

async function timed<T>(
  ports: PassPorts,
  { input, phase }: Timed,
  run: () => Promise<T>,
): Promise<T> {
  const start = ports.clock.monotonic();
  try {
    return await run();
  } finally {
    const durationMs = ports.clock.monotonic() - start;
    ports.emit({ type: "phase", app: input.unit.app, phase, durationMs });
  }
}
