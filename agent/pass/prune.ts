import type { Change, ChangeResult, Desired } from "../model/change.ts";
import type { Inventory, InventoryEntry } from "../model/inventory.ts";
import { refId } from "../model/object.ts";
import type { Held } from "../model/status.ts";
import type { Barrier } from "../plan/barrier.ts";
import { isOpen } from "../plan/blocked.ts";
import {
  type Accept,
  acceptFor,
  type Doomed,
  type GuardInput,
  guard,
  type Removal,
} from "../plan/guard.ts";
import { judgeDeletion, type PruneContext } from "../plan/prune.ts";
import { spare } from "../plan/spare.ts";
import { changeOf, type Verdict } from "../plan/verdict.ts";
import { declaredIn } from "../rendering/manifests.ts";
import type { WaitingObject } from "../status/input.ts";
import { carryOut } from "./carry-out.ts";
import type { PassInput, PassPorts } from "./pass.ts";
import { readFresh } from "./read-fresh.ts";

/** How long a write without an answer may still happen (semantics §12). */
export const settleMs = 90_000;

export interface Pruned {
  readonly results: readonly ChangeResult[];
  readonly held?: Held;
  /** Accepts to record as used up. */
  readonly used: readonly string[];
  /** What this commit drops is held, or waits for something. */
  readonly pending?: boolean;
  /** What the guard, or a person, let through, and for which change. */
  readonly letGo?: { readonly reason: string; readonly ids: ReadonlySet<string> };
  /** What may not even be judged yet. */
  readonly waiting?: readonly WaitingObject[];
}

export interface PruneInput {
  readonly input: PassInput;
  readonly inventory: Inventory;
  readonly applied: readonly ChangeResult[];
  /** Names of objects that this revision changed and that are not healthy yet (P-16). */
  readonly unready: readonly string[];
  /** Set when the whole unit goes (P-72). */
  readonly removal?: Removal;
}

/** Judges everything undeclared by reads made for it, lets the guard look at the whole set, and deletes in reverse order. */
export async function prune(
  ports: PassPorts,
  at: PruneInput,
  signal: AbortSignal,
): Promise<Pruned> {
  const { input, inventory } = at;
  const all = declaredIn(input.manifests);
  const declared = new Set(all.map(({ id }) => id));
  const undeclared = [...inventory.entries]
    .filter(([id]) => !declared.has(id))
    .map(([, entry]) => entry);
  if (undeclared.length === 0) return { results: [], used: [] };
  if (!mayPrune(input)) return { results: [], used: [] };
  if (input.suspended !== undefined) return putOff(undeclared, input.suspended); // P-44
  if (await mustWait(at)) return { results: [], used: [], pending: true };
  if (input.gate !== undefined) return putOff(undeclared, { ...input.gate, reason: "Applying" }); // O-30
  const [unknown] = input.neighbours.unknown;
  if (unknown !== undefined) {
    // 4.5-1: who else declares it can be told only when every app's render is known.
    const why = `app ${unknown} may come to declare it: its render is not known yet`;
    return putOff(undeclared, { reason: "Applying", why });
  }
  const by = await judgedBy(ports, at, undeclared);
  const { memory, bypassProofs } = input;
  if (by !== undefined && memory.judged?.by === by && !bypassProofs) return memory.judged.pruned;
  const pruned = await judgeSet(ports, { ...at, undeclared, all }, signal);
  const isLasting = pruned.held !== undefined && by !== undefined;
  memory.judged = isLasting ? { by, pruned } : undefined;
  return pruned;
}

/**
 * P-53: a held set is judged again only when revision, inventory, accepts or one of its objects moved, as the watches
 * tell it. Undefined: not all of it is watched.
 */
async function judgedBy(
  { live }: PassPorts,
  { input, inventory, unready, removal }: PruneInput,
  undeclared: readonly InventoryEntry[],
): Promise<string | undefined> {
  const known = undeclared.map((entry) => [entry, live.entry(refId(entry.ref))?.fingerprint]);
  if (known.some(([, fingerprint]) => fingerprint === undefined)) return undefined;
  const { manifests, unit } = input;
  const accepts = [...(await input.accepts()), ...inventory.accepts];
  const change = [manifests.commit.id, unit.changeId, unready, removal ?? ""];
  return JSON.stringify([change, accepts.map(acceptText), known]);
}

function acceptText(accept: Accept | string): unknown {
  return typeof accept === "string" ? accept : [accept.key, accept.max ?? ""];
}

/** P-44, P-46. */
function mayPrune({ enforce, suspended, unit }: PassInput): boolean {
  return (enforce || suspended !== undefined) && unit.mode === "enforce" && unit.prune.enabled;
}

interface JudgedSet extends PruneInput {
  readonly undeclared: readonly InventoryEntry[];
  readonly all: readonly Desired[];
}

async function judgeSet(ports: PassPorts, at: JudgedSet, signal: AbortSignal): Promise<Pruned> {
  const { undeclared, all } = at;
  const declared = new Set(all.map(({ id }) => id));
  const reads = await Promise.all(
    undeclared.map(async (entry) => ({ entry, read: await readFresh(ports, entry, signal) })),
  );
  const context = contextOf(ports, at, all); // after the reads: what others declare by now counts
  const verdicts = spare(reads.map(({ entry, read }) => judgeDeletion(entry, read, context)));
  return letGo(ports, { ...at, verdicts, declared }, signal);
}

interface Judged extends PruneInput {
  readonly verdicts: readonly Verdict[];
  readonly declared: ReadonlySet<string>;
}

/** The guard looks at the whole set; what passes is carried out. */
async function letGo(ports: PassPorts, at: Judged, signal: AbortSignal): Promise<Pruned> {
  const { input, verdicts, removal } = at;
  const isWhole = !verdicts.some(({ verdict }) => verdict === "error"); // P-41
  const doomed = isWhole ? verdicts.filter((verdict) => verdict.verdict === "delete") : [];
  const reason = removal === undefined ? input.unit.changeId : "removal";
  // What was let through once is not asked again when it takes more than one pass (P-11), unless it is protected since.
  const fresh = doomed.filter(
    ({ entry, guarded }) => entry.letGo !== reason || guarded === "protected-object",
  );
  const asking = await guardInput(ports, at, fresh.length > 0);
  const { held, used } = at.unready.length === 0 ? guard(fresh, asking) : early(fresh, asking);
  if (used === undefined) return { results: [], used: [], pending: true };
  tellHeld(ports, input, held);
  const isThrough = isWhole && held === undefined;
  const changes = verdicts
    .filter(({ verdict }) => verdict !== "delete" || isThrough)
    .map((verdict) => carried(verdict, removal));
  const results = await carryOut(ports, { input, changes, verdicts }, signal);
  if (held !== undefined) return { results, used, held, pending: true };
  const ids = new Set(doomed.map(({ ref }) => refId(ref)));
  return { results, used, letGo: { reason, ids } };
}

/** P-16 makes it wait until what is new is healthy; an accept of exactly this set does not (P-52). */
function early(
  fresh: readonly Doomed[],
  asking: GuardInput,
): { held?: Held; used?: readonly string[] } {
  const accept = acceptFor(
    fresh.map(({ ref }) => ref),
    asking,
  );
  return accept === undefined ? {} : { used: [accept.key] };
}

async function guardInput(
  ports: PassPorts,
  { input, inventory, declared, removal }: Judged,
  asks: boolean,
): Promise<GuardInput> {
  const { unit, manifests } = input;
  return {
    app: unit.app,
    cluster: unit.cluster.name,
    commit: manifests.commit.id,
    changeId: unit.changeId,
    inventory,
    declared,
    maxShare: unit.prune.maxShare,
    accepts: asks ? await input.accepts() : [],
    hasher: ports.hasher,
    ...(removal === undefined ? {} : { removal }),
  };
}

function putOff(undeclared: readonly InventoryEntry[], barrier: Barrier): Pruned {
  const waiting = undeclared.map(({ ref }) => ({ ref, ...barrier }));
  return { results: [], used: [], pending: true, waiting };
}

/** P-42, P-45, P-16: something of this pass failed, waits or is unknown, or what this commit made is not healthy yet. */
async function mustWait({ input, applied, unready }: PruneInput): Promise<boolean> {
  if (applied.some(isOpen)) return true;
  return unready.length > 0 && (await input.accepts()).length === 0;
}

/** The same for every entry of the set: made once, however many go. */
function contextOf(
  ports: PassPorts,
  { input, applied }: PruneInput,
  declared: readonly Desired[],
): PruneContext {
  const { unit, installation, neighbours } = input;
  const own = applied.flatMap(({ live }) => live ?? []);
  const { hooks } = input.manifests; // not pruned like objects, but they need what they name
  const namespaces = new Set([...declared, ...hooks].map(({ ref }) => ref.namespace));
  return {
    app: unit.app,
    installation: installation.id,
    agentNamespace: installation.agentNamespace,
    protect: unit.protect,
    // What is declared, and what lives of it: while a change is held back, the live object still needs what it names.
    objects: [...[...declared, ...hooks].map(({ object }) => object), ...own],
    declaredBy: neighbours.declaredBy,
    declaredUids: new Set([
      ...own.flatMap(({ metadata }) => metadata.uid ?? []),
      ...neighbours.declaredUids,
    ]),
    namespaceUsedBy: (name) =>
      namespaces.has(name) ? `app ${unit.app}` : neighbours.namespaceUsedBy(name),
    crdUsedBy: neighbours.crdUsedBy,
    unknownGroups: ports.discovery().unknownGroups,
    settleMs,
    nowMs: ports.clock.now(),
  };
}

/** `onRemove: orphan` lets everything go unowned (P-72). */
function carried(verdict: Verdict, removal: Removal | undefined): Change {
  const change = changeOf(verdict);
  return removal?.how === "orphan" && change.action === "delete"
    ? { ...change, action: "release" }
    : change;
}

/** Once per plan. */
function tellHeld(ports: PassPorts, { unit, memory }: PassInput, held: Held | undefined): void {
  const key = held === undefined ? undefined : `${held.reason} ${held.plan}`;
  if (held !== undefined && memory.toldHeld !== key) {
    ports.emit({
      type: "prune-blocked",
      app: unit.app,
      reason: held.reason,
      plan: held.plan ?? "",
    });
  }
  memory.toldHeld = key;
}
