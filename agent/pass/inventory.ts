import { servedKind } from "../cluster/client.ts";
import type { Stored } from "../cluster/stored.ts";
import type { ChangeResult, Desired } from "../model/change.ts";
import { hookOf } from "../model/hook.ts";
import type { Inventory, InventoryEntry } from "../model/inventory.ts";
import { jsonEqual } from "../model/json.ts";
import { apiVersionVersion, type KubeObject, refId, refOf } from "../model/object.ts";
import { ReconcileError } from "../model/reason.ts";
import { type HookRuns, withHookIntents } from "../plan/hook-move.ts";
import {
  afterPass,
  withAdoptions,
  withIntents,
  withoutAdditions,
  withoutAdoptions,
} from "../plan/track.ts";
import { declaredIn } from "../rendering/manifests.ts";
import { isoTime } from "../schedule/clock.ts";
import type { Fate } from "./fall-back.ts";
import type { PassInput, PassPorts } from "./pass.ts";
import type { Pruned } from "./prune.ts";

/** `resourceVersion` is absent while nothing is stored. */
export interface Opened {
  readonly value: Inventory;
  readonly resourceVersion?: string;
}

/** What is stored now, or what stands for it: empty on a first sync, rebuilt from marks when it was lost (P-19). */
export async function openInventory(
  ports: PassPorts,
  input: PassInput,
  signal: AbortSignal,
): Promise<Opened> {
  const stored = await ports.inventories.read(input.unit.app, signal);
  if (stored !== undefined) return checked(stored, input);
  const marked = await ports.findMarked(input.unit.app, signal);
  const now = isoTime(ports.clock.now());
  const ordinary = marked.filter((object) => hookOf(object) === undefined);
  const entries = ordinary.map((object) => [refId(refOf(object)), recovered(object, now)] as const);
  return { value: { ...blank(input), entries: new Map(entries) } };
}

/** P-12: a restored backup, or the wrong kubeconfig; nothing is written until a person says so. */
function checked(
  stored: Stored<Inventory>,
  { installation, takeOver, unit }: PassInput,
): Stored<Inventory> {
  const { value: inventory } = stored;
  const isOurs =
    inventory.installation === installation.id && inventory.clusterUid === installation.clusterUid;
  if (isOurs) return stored;
  if (takeOver) {
    // Kept renders bear the marks of the installation that made them.
    const { renders: _r, rollback: _b, lost: _l, failed: _f, ...rest } = inventory;
    return {
      ...stored,
      value: {
        ...rest,
        installation: installation.id,
        clusterUid: installation.clusterUid,
        entries: new Map(),
      },
    };
  }
  throw new ReconcileError(
    "ClusterReplaced",
    `the inventory of ${unit.app} was written for cluster ${inventory.clusterUid} by installation ${inventory.installation}; this is cluster ${installation.clusterUid}, installation ${installation.id}`,
  );
}

function blank({ unit, installation }: PassInput): Inventory {
  return {
    installation: installation.id,
    clusterUid: installation.clusterUid,
    app: unit.app,
    namespace: unit.namespace,
    onRemove: unit.onRemove,
    accepts: [],
    implicit: [],
    entries: new Map(),
  };
}

function recovered(object: KubeObject, now: string): InventoryEntry {
  return {
    ref: refOf(object),
    version: apiVersionVersion(object.apiVersion),
    plural: "",
    state: "recovered",
    since: now,
    ...(object.metadata.uid === undefined ? {} : { uid: object.metadata.uid }),
  };
}

/** P-10: every object that is about to be written is on record before it is. No difference, no write. */
export async function recordIntents(
  ports: PassPorts,
  input: PassInput,
  signal: AbortSignal,
): Promise<Opened> {
  const { unit, manifests } = input;
  const { value: before, resourceVersion } = await openInventory(ports, input, signal);
  const pluralOf = ({ ref }: Desired): string => servedKind(ports.discovery(), ref)?.plural ?? "";
  const now = isoTime(ports.clock.now());
  const intent = { changeId: unit.changeId, now, pluralOf };
  const { digest } = manifests;
  const runs = { digest, now, again: input.bypassProofs }; // `holdfast sync`
  const hooks = withHookIntents(before.hooks, manifests.hooks, runs);
  const { serviceAccount: _former, rollback: _over, ...rest } = before;
  const after = {
    ...withIntents(rest, declaredIn(input.manifests), intent),
    namespace: unit.namespace,
    onRemove: unit.onRemove,
    ...(unit.serviceAccount === undefined ? {} : { serviceAccount: unit.serviceAccount }),
    implicit: implicitNamespaces(before, input),
    ...(hooks && { hooks }),
    ...(input.rollback && { rollback: input.rollback }),
  };
  const isNew = manifests.desired.length + manifests.hooks.length > 0;
  return store(ports, { before, after, resourceVersion, isNew }, signal);
}

/** the app's own namespace, when nothing declares it, is made bare and never ours. */
function implicitNamespaces(before: Inventory, { unit, manifests }: PassInput): readonly string[] {
  const isDeclared = manifests.desired.some(
    ({ ref }) => ref.kind === "Namespace" && ref.group === "" && ref.name === unit.namespace,
  );
  const members = [...manifests.desired, ...manifests.hooks];
  const isUsed = members.some(({ ref }) => ref.namespace === unit.namespace);
  if (isDeclared || !isUsed || before.implicit.includes(unit.namespace)) return before.implicit;
  return [...before.implicit, unit.namespace];
}

interface Step {
  readonly before: Inventory;
  readonly after: Inventory;
  readonly resourceVersion: string | undefined;
  /** Whether an inventory that does not exist yet is worth making. */
  readonly isNew: boolean;
}

/** Writes what differs from what is stored, and only that; what is stored stays the same value, so nothing is packed or compared twice. */
export async function store(
  ports: PassPorts,
  { before, after, resourceVersion, isNew }: Step,
  signal: AbortSignal,
): Promise<Opened> {
  const isStored = resourceVersion !== undefined;
  if (isStored ? sameInventory(before, after) : !isNew && after.entries.size === 0) {
    return resourceVersion === undefined ? { value: after } : { value: before, resourceVersion };
  }
  return ports.inventories.write(after, resourceVersion, signal);
}

function sameInventory(a: Inventory, b: Inventory): boolean {
  const { entries: _a, hooks: _ah, ...restA } = a;
  const { entries: _b, hooks: _bh, ...restB } = b;
  return (
    jsonEqual(defined(restA), defined(restB)) &&
    sameMap(a.entries, b.entries) &&
    sameMap(a.hooks ?? new Map(), b.hooks ?? new Map())
  );
}

function sameMap<T extends object>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [id, one] of a) {
    const other = b.get(id);
    if (one === other) continue;
    if (other === undefined || !jsonEqual(defined(one), defined(other))) return false;
  }
  return true;
}

/** Fields that are absent and fields that are `undefined` are the same. */
function defined(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

interface Recording {
  readonly input: PassInput;
  readonly tracked: Opened;
  readonly results: readonly ChangeResult[];
  readonly pruned: Pruned;
  readonly hooks?: HookRuns;
  /** All of the change is applied and healthy, its hooks ended well. Default: no. */
  readonly isDone?: boolean;
  /** What became of the revision. */
  readonly fate?: Fate["record"] | undefined;
}

/**
 * After the last write of a pass: what was applied, what is stale, what is gone, which accepts were used (P-10). A commit
 * whose deletions are still to come is not the applied one yet: a trailer on it must go on counting (P-52).
 */
export async function recordResults(
  ports: PassPorts,
  { input, tracked, results, pruned, hooks = tracked.value.hooks, isDone, fate }: Recording,
  signal: AbortSignal,
): Promise<Inventory> {
  const { unit, manifests } = input;
  const { value: before, resourceVersion } = tracked;
  const desired = new Map(declaredIn(input.manifests).map((object) => [object.id, object]));
  const now = isoTime(ports.clock.now());
  const recorded = afterPass(before, { desired, results, now, letGo: pruned.letGo });
  const known = adoptions(recorded, { input, results, isDone: isDone === true });
  const isClean = pruned.pending !== true && !results.some(isOutstanding);
  const after: Inventory = {
    ...withFate(isClean ? withoutAdditions(known) : known, fate),
    accepts: [...before.accepts, ...pruned.used],
    ...(hooks && { hooks }),
    ...(isDone && manifests.hooks.length > 0 ? { succeeded: manifests.digest } : {}),
    ...(isClean && desired.size > 0
      ? { commit: manifests.commit.id, changeId: unit.changeId, renderDigest: manifests.digest }
      : {}),
  };
  return (await store(ports, { before, after, resourceVersion, isNew: false }, signal)).value;
}

type Finding = Pick<Recording, "input" | "results"> & { readonly isDone: boolean };

/** Only where a rollback may undo what a change took over. */
function adoptions(inventory: Inventory, { input, results, isDone }: Finding): Inventory {
  if (isDone && input.rollback === undefined) return withoutAdoptions(inventory);
  const { onFailure, changeId } = input.unit;
  return onFailure === "rollback" ? withAdoptions(inventory, { results, changeId }) : inventory;
}

function withFate(inventory: Inventory, fate: Fate["record"]): Inventory {
  if (fate === undefined) return inventory;
  const { renders: _r, lost: _l, rollback: _b, failed: _f, ...rest } = inventory;
  return { ...rest, ...fate };
}

function isOutstanding({ change, outcome }: ChangeResult): boolean {
  if (outcome === "failed" || outcome === "unknown") return true;
  return change.action === "skip" && change.waits !== undefined;
}
