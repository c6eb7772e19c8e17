import { apply } from "../../agent/apply/apply.ts";
import type { Discovery } from "../../agent/cluster/client.ts";
import { ApiError } from "../../agent/cluster/errors.ts";
import type { Change, ChangeResult } from "../../agent/model/change.ts";
import type { Inventory, InventoryEntry } from "../../agent/model/inventory.ts";
import {
  apiVersionVersion,
  describeRef,
  versionedRefOf,
  versionOf,
} from "../../agent/model/object.ts";
import { isMarkedOurs } from "../../agent/plan/ownership.ts";
import { type FreshRead, judgeDeletion, type PruneContext } from "../../agent/plan/prune.ts";
import { type Going, pruneSteps } from "../../agent/plan/prune-order.ts";
import { changeOf, type Verdict } from "../../agent/plan/verdict.ts";
import type { Leaving } from "../output/uninstall-text.ts";
import type { CommandContext } from "./context.ts";
import type { Reached } from "./one-cluster.ts";

/** One object that an app made, and what becomes of it. */
export interface LeavingObject extends Leaving {
  readonly going: Going;
}

export interface ObjectsWish {
  readonly inventories: readonly Inventory[];
  readonly discovery: Discovery;
  readonly installation: string;
  readonly isDeleting: boolean;
}

/** What becomes of everything that the apps made; read anew, nothing is written. */
export async function planObjects(
  context: CommandContext,
  reached: Reached,
  wish: ObjectsWish,
): Promise<readonly LeavingObject[]> {
  const found: LeavingObject[] = [];
  for (const inventory of wish.inventories) {
    const prune = pruneContext(context, wish, inventory.app);
    for (const entry of inventory.entries.values()) {
      const read = await readEntry(context, reached, entry);
      const verdict = judgeDeletion(entry, read, prune);
      const leaving = wish.isDeleting ? verdict : kept(entry, read, prune);
      if (leaving !== undefined) found.push(leavingOf(inventory.app, leaving));
    }
  }
  return found;
}

/** Nothing declares anything any more; namespaces and definitions stay, as their kinds are protected. */
function pruneContext(
  { ports, options }: CommandContext,
  { installation, discovery }: ObjectsWish,
  app: string,
): PruneContext {
  return {
    app,
    installation,
    agentNamespace: options.namespace,
    protect: [],
    objects: [],
    declaredBy: () => undefined,
    declaredUids: new Set(),
    namespaceUsedBy: () => undefined,
    crdUsedBy: () => undefined,
    unknownGroups: discovery.unknownGroups,
    settleMs: 0,
    nowMs: ports.clock.now(),
  };
}

async function readEntry(
  { signal }: CommandContext,
  { client }: Reached,
  { ref, version }: InventoryEntry,
): Promise<FreshRead> {
  try {
    const object = await client.get({ ...ref, version }, signal);
    return object === undefined ? { found: "nothing" } : { found: "object", object };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    signal.throwIfAborted();
    return { found: "error", failure: error.failure };
  }
}

/** Off-boarding keeps objects without our mark (security §10); what does not bear it is none of our business. */
function kept(
  entry: InventoryEntry,
  read: FreshRead,
  { installation, app }: PruneContext,
): Verdict | undefined {
  const { ref } = entry;
  if (read.found === "error") return { verdict: "error", ref, failure: read.failure };
  if (read.found !== "object" || !isMarkedOurs(read.object, { installation, app }))
    return undefined;
  return { verdict: "delete", ref, entry, live: read.object, guarded: "protected-object" };
}

/** Protected kinds and objects lose their mark instead: whoever wants them gone deletes them by hand. */
function leavingOf(app: string, verdict: Verdict): LeavingObject {
  const { ref } = verdict;
  const isDeleted = verdict.verdict === "delete" && verdict.guarded === undefined;
  const change = isDeleted || verdict.verdict !== "delete" ? changeOf(verdict) : released(verdict);
  const live = verdict.verdict === "delete" ? verdict.live : undefined;
  const going = { change, live };
  switch (verdict.verdict) {
    case "delete": {
      const why = isDeleted ? undefined : verdict.guarded;
      return { app, ref, fate: isDeleted ? "delete" : "keep", why, going };
    }
    case "error":
      return { app, ref, fate: "unknown", why: verdict.failure.message, going };
    case "let-alone":
      return { app, ref, fate: "keep", why: verdict.why, going };
    case "wait":
      return { app, ref, fate: "unknown", why: verdict.why, going };
  }
}

function released({ ref, live }: Extract<Verdict, { verdict: "delete" }>): Change {
  const version = apiVersionVersion(live.apiVersion);
  return { action: "release", ref, version, over: versionOf(live), live };
}

/** Carries it out, in the order of pruning; the apps of which something is left, with why. */
export async function carryOut(
  context: CommandContext,
  reached: Reached,
  objects: readonly LeavingObject[],
): Promise<ReadonlyMap<string, string>> {
  const { client } = reached;
  const { ports, signal, terminal } = context;
  const left = new Map<string, string>();
  const apps = new Map(objects.map(({ going, app }) => [going.change, app]));
  for (const { app, ref, why } of objects.filter(({ fate }) => fate === "unknown")) {
    left.set(app, `${describeRef(ref)}: ${why}`);
  }
  const hands = { ...client, clock: ports.clock };
  const release = objects.filter(({ going }) => going.change.action === "release");
  const steps = pruneSteps(objects.map(({ going }) => going).filter(isDeletion));
  const ranks = [release.map(({ going }) => going), ...steps.flatMap((step) => step.ranks)];
  for (const rank of ranks) {
    const changes = rank.map(({ change }) => change);
    terminal.progress(`${reached.cluster}: ${changes.length} objects`);
    const results = await apply(hands, changes, signal);
    for (const result of results) note(left, apps.get(result.change), result);
    await untilGone(context, reached, results);
  }
  return left;
}

function isDeletion({ change }: Going): boolean {
  return change.action === "delete";
}

function note(left: Map<string, string>, app: string | undefined, result: ChangeResult): void {
  const isLeft = result.outcome === "failed" || result.outcome === "unknown";
  if (app !== undefined && isLeft) left.set(app, result.problem?.message ?? result.outcome);
}

const pollMs = 500;

/** A rank is gone before the next begins: what others need outlives them. */
async function untilGone(
  { ports, signal, terminal }: CommandContext,
  { client }: Reached,
  results: readonly ChangeResult[],
): Promise<void> {
  let terminating = results.flatMap(({ outcome, live }) =>
    outcome === "deleted" && live !== undefined ? [live] : [],
  );
  while (terminating.length > 0) {
    terminal.progress(`waiting for ${terminating.length} objects to go`);
    await ports.clock.sleep(pollMs, signal);
    const now = await Promise.all(
      terminating.map(async (object) => {
        const found = await client.get(versionedRefOf(object), signal);
        return found?.metadata.uid === object.metadata.uid ? found : undefined;
      }),
    );
    terminating = now.flatMap((object) => object ?? []);
  }
}
