import { fingerprintOf } from "../cluster/fingerprint.ts";
import { type Live as Found, readLive } from "../cluster/observe.ts";
import { hasHealthRule } from "../health/assess.ts";
import type { Change, ChangeResult, Desired } from "../model/change.ts";
import { inTurn } from "../model/in-turn.ts";
import type { Inventory } from "../model/inventory.ts";
import { type GroupKind, type KubeObject, refId, refOf, versionedRefOf } from "../model/object.ts";
import { objectSettings } from "../plan/object-settings.ts";
import { ownershipOf } from "../plan/ownership.ts";
import { type Live, type PlanContext, prepare } from "../plan/plan.ts";
import { noteDispute } from "./disputes.ts";
import { noteLeftovers } from "./leftovers.ts";
import type { PassInput, PassPorts } from "./pass.ts";
import { predictChange } from "./predict.ts";

/** What is known of a set of objects before they are planned. */
export type Observed = ReadonlyMap<string, Live>;

/** seen equal once, and neither the declaration nor the watched object moved since: no request. */
export function provenUnchanged(
  ports: PassPorts,
  { memory, bypassProofs, sweep }: PassInput,
  desired: Desired,
): Change | undefined {
  if (bypassProofs || sweep === true) return undefined;
  const proof = memory.proofs.get(desired.id);
  const known = ports.live.entry(desired.id);
  if (proof === undefined || known === undefined) return undefined;
  if (proof.digest !== desired.digest || proof.uid !== known.object.metadata.uid) return undefined;
  if (proof.fingerprint !== known.fingerprint) return undefined;
  return { action: "unchanged", ref: desired.ref, desired, live: known.object };
}

/** Reads what is there, asks the server what our apply would leave, and plans: one change per object, `raced` where it moved meanwhile. */
export async function planObjects(
  ports: PassPorts,
  {
    input,
    inventory,
    objects,
  }: {
    readonly input: PassInput;
    readonly inventory: Inventory;
    readonly objects: readonly Desired[];
  },
  signal: AbortSignal,
): Promise<readonly { readonly desired: Desired; readonly change: Change | "raced" }[]> {
  const live = await readWhole(ports, objects, signal);
  const abandoned = await abandonedAmong(ports, { input, live }, signal);
  return inTurn(objects, atATime, async (desired) => {
    const context = { ...contextOf(ports, { input, inventory, desired }), abandoned };
    const change = await planObject(
      ports,
      { desired, live: live.get(desired.id) ?? nothing, context },
      signal,
    );
    return { desired, change };
  });
}

/** Twice the client's own limit, so that it never waits for us. */
const atATime = 64;

const nothing: Live = { found: "nothing" };

/**
 * Bulk reads first, then the bodies of what is there: an update is compared with the whole object. All is read at
 * the version that is declared: nothing is converted here (C-12).
 */
async function readWhole(
  { client }: PassPorts,
  objects: readonly Desired[],
  signal: AbortSignal,
): Promise<Observed> {
  const refs = objects.map(({ object }) => versionedRefOf(object));
  const first = await readLive(client, { refs }, signal);
  const partial = refs.filter((ref) => isPartial(first.get(refId(ref))));
  const bodies = await readLive(client, { refs: partial, exact: true }, signal);
  return new Map([...first, ...bodies].map(([id, found]) => [id, liveOf(found)]));
}

/** P-60: asked only when a foreign mark is seen; where we may not look, nobody is gone. */
async function abandonedAmong(
  { inventories }: PassPorts,
  { input, live }: { readonly input: PassInput; readonly live: Observed },
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const us = { installation: input.installation.id, app: input.unit.app };
  const strangers = [...live.values()].flatMap((found) => {
    const whose = found.found === "object" ? ownershipOf(found.object, us) : undefined;
    return whose?.owner === "installation" ? [whose.installation] : [];
  });
  if (strangers.length === 0) return new Set();
  const here = await inventories.installations(signal);
  return new Set(here === undefined ? [] : strangers.filter((id) => !here.has(id)));
}

function isPartial(found: Found | undefined): boolean {
  return found?.found === "object" && found.partial;
}

function liveOf(found: Found): Live {
  switch (found.found) {
    case "object":
      return { found: "object", object: found.object };
    case "absent":
      return nothing;
    case "error":
      return { found: "error", failure: found.error.failure };
  }
}

interface One {
  readonly desired: Desired;
  readonly live: Live;
  readonly context: PlanContext;
}

async function planObject(
  ports: PassPorts,
  { desired, live, context }: One,
  signal: AbortSignal,
): Promise<Change | "raced"> {
  const prepared = prepare(desired, live, context);
  if (prepared.settled !== undefined) return prepared.settled;
  return predictChange(ports.client, { asked: prepared, context }, signal);
}

function contextOf(
  ports: PassPorts,
  {
    input,
    inventory,
    desired,
  }: { readonly input: PassInput; readonly inventory: Inventory; readonly desired: Desired },
): PlanContext {
  return {
    suspended: input.suspended,
    unit: input.enforce ? input.unit : { ...input.unit, mode: "observe" },
    installation: input.installation.id,
    nowMs: ports.clock.now(),
    entry: inventory.entries.get(desired.id),
    ...declarerOf(input, desired),
    declared: input.manifests.desired,
    differsSinceMs: input.memory.differsSinceMs.get(desired.id),
    dispute: input.memory.disputes.get(desired.id),
    takeOver: input.takeOver,
  };
}

function declarerOf({ neighbours }: PassInput, { ref }: Desired) {
  const declaredBy = neighbours.declaredBy(ref);
  const mayLetGo = declaredBy !== undefined && neighbours.unknown.has(declaredBy);
  return { declaredBy, mayLetGo };
}

/** Remembers what a result proves, and forgets what it disproves. */
export function remember(ports: PassPorts, input: PassInput, result: ChangeResult): void {
  const { change, outcome, live } = result;
  noteDifference(ports, input, result);
  noteDispute(input.memory, result, ports.clock.now());
  if (!("desired" in change)) return;
  const { id, digest } = change.desired;
  const { memory } = input;
  if (live?.metadata.uid === undefined || !proves.has(outcome)) {
    memory.proofs.delete(id);
    return;
  }
  if (outcome !== "unchanged") memory.writtenMs.set(id, ports.clock.now());
  if (!objectSettings(change.desired.object).createOnly) noteLeftovers(input, id, live);
  if (live.metadata.managedFields !== undefined) ports.live.put(live);
  const fingerprint = seal(ports, live);
  const { uid, resourceVersion: version } = live.metadata;
  memory.proofs.set(id, { uid, digest, fingerprint, version });
}

function seal({ hasher, discovery }: PassPorts, live: KubeObject): string {
  const ref = refOf(live);
  const aggregated = discovery().aggregatedGroups?.has(ref.group) ?? false;
  return fingerprintOf(
    live,
    { form: isWatchedInFull(ref) ? "full" : "metadata", aggregated },
    hasher,
  );
}

/** C-6: what has a health of its own is watched whole, all else by its metadata. */
export function isWatchedInFull(kind: GroupKind): boolean {
  return hasHealthRule(kind);
}

const proves = new Set<ChangeResult["outcome"]>([
  "created",
  "configured",
  "unchanged",
  "adopted",
  "recreated",
]);

function noteDifference(ports: PassPorts, { memory }: PassInput, result: ChangeResult): void {
  const id = refId(result.change.ref);
  if (result.outcome === "reported") {
    if (!memory.differsSinceMs.has(id)) memory.differsSinceMs.set(id, ports.clock.now());
  } else {
    memory.differsSinceMs.delete(id);
  }
}
