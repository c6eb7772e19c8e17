import type { ClusterClient } from "../../agent/cluster/client.ts";
import { ApiError } from "../../agent/cluster/errors.ts";
import type { Change, Desired } from "../../agent/model/change.ts";
import type { InventoryEntry } from "../../agent/model/inventory.ts";
import { type ObjectRef, versionedRefOf } from "../../agent/model/object.ts";
import type { Unit } from "../../agent/model/unit.ts";
import { defines } from "../../agent/pass/definitions.ts";
import { predictChange } from "../../agent/pass/predict.ts";
import { problemOf } from "../../agent/plan/classify.ts";
import { type Live, type PlanContext, prepare } from "../../agent/plan/plan.ts";

export interface PlanWish {
  readonly unit: Unit;
  readonly desired: Desired;
  /** Everything that the unit declares, `desired` among it. */
  readonly declared: readonly Desired[];
  readonly entry: InventoryEntry | undefined;
  readonly installation: string;
  readonly nowMs: number;
}

export interface Planned {
  readonly change: Change | "raced";
  /** What the server could not be asked about. */
  readonly note?: string;
}

/** One object, planned as the agent plans it (semantics §1.2). */
export async function planOne(
  client: ClusterClient,
  wish: PlanWish,
  signal: AbortSignal,
): Promise<Planned> {
  const { unit, desired, declared, entry, installation, nowMs } = wish;
  const context: PlanContext = {
    unit,
    installation,
    nowMs,
    entry,
    declaredBy: undefined,
    declared,
    differsSinceMs: undefined,
    takeOver: false,
  };
  const found = await read(client, desired, signal);
  const isNewKind = found.found === "error" && isKindToCome(wish, found.failure);
  const prepared = prepare(desired, isNewKind ? { found: "nothing" } : found, context);
  if (prepared.settled === undefined) {
    return { change: await predictChange(client, { asked: prepared, context }, signal) };
  }
  const { settled } = prepared;
  if (settled.action !== "create") return { change: settled };
  return isNewKind
    ? { change: settled, note: unvalidated("its kind") }
    : previewCreate(client, { ...wish, change: settled }, signal);
}

interface Creating extends PlanWish {
  readonly change: Change;
}

/** a preview asks the server about what would be created, too; A-7: but for what comes with the same commit. */
async function previewCreate(
  client: ClusterClient,
  { change, desired, declared, unit }: Creating,
  signal: AbortSignal,
): Promise<Planned> {
  try {
    await client.dryRun(desired.object, undefined, signal);
    return { change };
  } catch (error) {
    const failure = failureOf(error, signal);
    const { namespace } = desired.ref;
    const isMissing = failure.status === 404 && failure.detailsKind === "namespaces";
    const isToCome =
      namespace === unit.namespace || declared.some(({ ref }) => isNamespace(ref, namespace));
    if (isMissing && isToCome) return { change, note: unvalidated("its namespace") };
    const { ref } = desired;
    return { change: { action: "fail", ref, problem: problemOf(failure, desired) } };
  }
}

function isNamespace({ kind, group, name }: ObjectRef, namespace: string): boolean {
  return kind === "Namespace" && group === "" && name === namespace;
}

function isKindToCome({ desired, declared }: PlanWish, { reason }: ApiError["failure"]): boolean {
  return reason === "KindUnknown" && declared.some(({ object }) => defines(object, desired.ref));
}

function unvalidated(what: string): string {
  return `would be created, not validated: ${what} comes with the same change`;
}

async function read(
  client: ClusterClient,
  { object }: Desired,
  signal: AbortSignal,
): Promise<Live> {
  try {
    const live = await client.get(versionedRefOf(object), signal);
    return live === undefined ? { found: "nothing" } : { found: "object", object: live };
  } catch (error) {
    return { found: "error", failure: failureOf(error, signal) };
  }
}

function failureOf(error: unknown, signal: AbortSignal): ApiError["failure"] {
  signal.throwIfAborted();
  if (error instanceof ApiError) return error.failure;
  throw error;
}
