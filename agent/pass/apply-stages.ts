import type { Change, ChangeResult, Desired } from "../model/change.ts";
import type { Inventory } from "../model/inventory.ts";
import { describeRef, type ObjectRef, refId } from "../model/object.ts";
import { blockedBy } from "../plan/blocked.ts";
import { ranks, stageOf } from "../plan/order.ts";
import { definitionsReady } from "./definitions.ts";
import { planObjects, provenUnchanged, remember } from "./observe.ts";
import { stagesIn } from "./order-of.ts";
import type { PassInput, PassPorts } from "./pass.ts";
import { type Recreates, unlessHeld } from "./recreates.ts";
import { send } from "./send.ts";
import { unservedChange } from "./served.ts";
import { tell } from "./tell.ts";

const tries = 5;

export interface Applying {
  readonly input: PassInput;
  readonly inventory: Inventory;
  readonly recreates: Recreates;
  readonly objects: readonly Desired[];
  /** Of this pass so far. */
  readonly earlier: readonly ChangeResult[];
  /** What is not to be written now, because others come first (O-15, O-23). */
  readonly heldBack: (desired: Desired) => Change | undefined;
}

/** Observe → plan → apply, one stage after the other; a failed object blocks only those that need it. */
export async function applyStages(
  ports: PassPorts,
  applying: Applying,
  signal: AbortSignal,
): Promise<readonly ChangeResult[]> {
  const results: ChangeResult[] = [];
  for (const { stage, objects } of stagesIn(applying.objects)) {
    signal.throwIfAborted();
    const earlier = [...applying.earlier, ...results];
    results.push(...(await applyStage(ports, { ...applying, objects, earlier }, signal)));
    if (stage === 1) await definitionsReady(ports, { input: applying.input, results }, signal);
  }
  return results;
}

async function applyStage(
  ports: PassPorts,
  { input, inventory, recreates, objects, earlier, heldBack }: Applying,
  signal: AbortSignal,
): Promise<ChangeResult[]> {
  const proven: ChangeResult[] = [];
  const settled: Change[] = [];
  const open: Desired[] = [];
  for (const desired of objects) {
    const change = heldBack(desired) ?? settle(ports, { input, desired, earlier });
    if (change === undefined) open.push(desired);
    else if (change.action === "unchanged") proven.push(asProven(change));
    else settled.push(change);
  }
  const landed = (result: ChangeResult) => land(ports, input, result);
  const sent = await send(ports, { input, changes: settled, landed }, signal);
  const known = [...proven, ...sent];
  const asked = await applyOpen(
    ports,
    { input, inventory, recreates, heldBack, objects: open, earlier: [...earlier, ...known] },
    signal,
  );
  return [...known, ...asked];
}

/** It teaches nothing and is not sealed anew: it may be one of ten thousand. */
function asProven(change: Extract<Change, { action: "unchanged" }>): ChangeResult {
  const { live } = change;
  return { change, outcome: "unchanged", ...(live && { live }), warnings: [] };
}

/** What is known of it from now on, and said, at once: ten thousand answers are not held until the last one is there. */
export function land(ports: PassPorts, input: PassInput, result: ChangeResult): ChangeResult {
  remember(ports, input, result);
  tell(ports, input, result);
  const { live } = result;
  if (live?.metadata.managedFields === undefined) return result;
  const { managedFields: _fields, ...metadata } = live.metadata; // half of an object, and read already
  return { ...result, live: { ...live, metadata } };
}

/** What needs no request: proven equal, not served, or waiting for something that failed before. */
function settle(
  ports: PassPorts,
  {
    input,
    desired,
    earlier,
  }: {
    readonly input: PassInput;
    readonly desired: Desired;
    readonly earlier: readonly ChangeResult[];
  },
): Change | undefined {
  const proven = provenUnchanged(ports, input, desired);
  if (proven !== undefined) return proven;
  const why = blockedBy(desired, earlier);
  if (why !== undefined) return waiting(desired.ref, why);
  return unservedChange(ports.discovery(), desired, input.manifests.desired);
}

/** Plans and applies; what moved in between is planned again, at most five times. */
async function applyOpen(
  ports: PassPorts,
  { input, inventory, recreates, objects, earlier }: Applying,
  signal: AbortSignal,
): Promise<ChangeResult[]> {
  const results: ChangeResult[] = [];
  let open = objects;
  for (let attempt = 1; open.length > 0 && attempt <= tries; attempt += 1) {
    const planned = await planObjects(ports, { input, inventory, objects: open }, signal);
    const changes = planned.flatMap(({ change }) =>
      change === "raced" ? [] : [unlessHeld(change, recreates)],
    );
    const answered = await applyRanks(
      ports,
      { input, changes, earlier: [...earlier, ...results] },
      signal,
    );
    const done = answered.filter((result) => !isToBeRepeated(result));
    results.push(...done);
    const finished = new Set(done.map(({ change }) => refId(change.ref)));
    open = open.filter(({ id }) => !finished.has(id));
  }
  return [...results, ...open.map((desired) => land(ports, input, raced(desired)))];
}

interface Ranked {
  readonly input: PassInput;
  readonly changes: readonly Change[];
  readonly earlier: readonly ChangeResult[];
}

/** A rank goes out together; the next one starts when all of it are answered (semantics §3.1). */
async function applyRanks(
  ports: PassPorts,
  { input, changes, earlier }: Ranked,
  signal: AbortSignal,
): Promise<ChangeResult[]> {
  const results: ChangeResult[] = [];
  for (const rank of ranks(changes)) {
    const before = [...earlier, ...results];
    const due = rank.map((change) => blockChange(change, before));
    const landed = (result: ChangeResult) =>
      isToBeRepeated(result) ? result : land(ports, input, result);
    results.push(...(await send(ports, { input, changes: due, landed }, signal)));
  }
  return results;
}

function blockChange(change: Change, results: readonly ChangeResult[]): Change {
  if (!("desired" in change) || change.action === "unchanged") return change;
  const needy = stageOf(change.ref) > 1 && change.ref.kind.endsWith("Binding");
  const why = needy ? blockedBy(change.desired, results) : undefined;
  return why === undefined ? change : waiting(change.ref, why);
}

function waiting(ref: ObjectRef, why: string): Change {
  return { action: "skip", ref, why, forget: false, waits: "Applying" };
}

/** A race, or a mere take-over of fields, after which the next dry run may show a field that goes. */
function isToBeRepeated({ change, problem, outcome }: ChangeResult): boolean {
  if (problem?.reason === "WriteRaced") return true;
  if (change.action !== "update" || change.isUnpredicted === true) return false;
  return outcome === "configured" && change.fields.length === 0;
}

function raced({ ref, file, line }: Desired): ChangeResult {
  const message = `${describeRef(ref)}: others changed it ${tries} times in this pass`;
  const problem = { reason: "WriteRaced", message, ref, file, line } as const;
  return { change: { action: "fail", ref, problem }, outcome: "failed", problem, warnings: [] };
}
