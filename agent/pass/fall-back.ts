import type { ChangeResult } from "../model/change.ts";
import type { Inventory, KeptRender, Rollback } from "../model/inventory.ts";
import { describeRef } from "../model/object.ts";
import { failedObjects, failsAt } from "../plan/failed-objects.ts";
import { isProtectedKind } from "../plan/protect.ts";
import { awaitsHooks, fallbackFor, type KnownRenders, stays, undoable } from "../plan/rollback.ts";
import { readRender } from "../rendering/kept-render.ts";
import type { Manifests } from "../rendering/manifests.ts";
import { isoTime } from "../schedule/clock.ts";
import type { ObjectHealth } from "../status/input.ts";
import { keepRender, letGo } from "./keep-render.ts";
import type { PassInput, PassPorts } from "./pass.ts";

export interface Revision {
  readonly input: PassInput;
  readonly inventory: Inventory;
  readonly results: readonly ChangeResult[];
  readonly health: readonly ObjectHealth[];
  /** As they stand after this pass. */
  readonly hooks?: Inventory["hooks"] | undefined;
  /** All of it is applied, and what it changed is healthy. */
  readonly isUp: boolean;
}

/** What becomes of the revision that a pass applied. */
export interface Fate {
  /** All the inventory is to say of it, when that is new; written with what the pass found (R-4: recorded, then applied). */
  readonly record?: Known;
  /** It failed, and why nothing is rolled back. */
  readonly whyKept?: string;
  /** When time alone may make a failure of it. */
  readonly dueMs: readonly number[];
}

type Known = KnownRenders & Pick<Inventory, "rollback">;

/**
 * A healthy revision is kept; one that failed is left for the newest kept one, which the next pass applies.
 * Of units that keep what failed, nothing is kept and nobody pays.
 */
export async function judgeRevision(
  ports: PassPorts,
  revision: Revision,
  signal: AbortSignal,
): Promise<Fate> {
  const { input, inventory, isUp } = revision;
  const { unit, rollback } = input;
  if (rollback !== undefined) return { dueMs: [] }; // the old one runs: it is neither new nor tried
  if (unit.onFailure === "keep") return { ...(await letGo(ports, inventory, signal)), dueMs: [] };
  const lost = lostBy(revision);
  const isNews = lost.length > (inventory.lost?.length ?? 0);
  const known = isNews ? { ...inventory, lost } : inventory;
  const of = { ...revision, inventory: known };
  const dueMs = failsLater(ports, revision);
  const fate = isUp
    ? { ...(await keepRender(ports, of, signal)), dueMs }
    : { ...(await judgeFailure(ports, of, signal)), dueMs };
  return isNews ? { record: knownIn(known), ...fate } : fate;
}

function knownIn({ renders, lost, failed }: Known): Known {
  return {
    ...(renders !== undefined && { renders }),
    ...(lost !== undefined && { lost }),
    ...(failed !== undefined && { failed }),
  };
}

/** what no render brings back. */
function lostBy({ input, inventory, results }: Revision): readonly string[] {
  const gone = results.filter(
    ({ change, outcome }) =>
      change.action === "delete" &&
      outcome === "deleted" &&
      isProtectedKind(change.live, change.ref, input.unit.protect),
  );
  return [
    ...new Set([...(inventory.lost ?? []), ...gone.map(({ change }) => describeRef(change.ref))]),
  ];
}

/** Healthy, and then not, within the time-out of its own writes: that is a failure, too. */
function failsLater(ports: PassPorts, { input, health }: Revision): readonly number[] {
  const { timeoutMs } = input.unit.health;
  const nowMs = ports.clock.now();
  return health.flatMap((entry) => {
    const end = failsAt(entry, timeoutMs);
    return end === undefined || end <= nowMs ? [] : [end];
  });
}

async function judgeFailure(
  ports: PassPorts,
  { input, inventory, results, health, hooks }: Revision,
  signal: AbortSignal,
): Promise<Omit<Fate, "dueMs">> {
  const { manifests, unit, memory } = input;
  const nowMs = ports.clock.now();
  const wasHealthy =
    inventory.renders?.some((render) => render.digest === manifests.digest) === true;
  const { timeoutMs } = unit.health;
  const failed = failedObjects({ results, health, nowMs, timeoutMs, wasHealthy });
  if (failed.length === 0) return {};
  const target = fallbackFor(inventory, manifests.digest);
  if (target.to === undefined) return { whyKept: target.why };
  const { digest } = target.to;
  const known = memory.healthy?.digest === digest ? memory.healthy : undefined;
  const then = known ?? (await readKept(ports, { app: unit.app, digest }, signal));
  memory.healthy = then; // a failing unit is looked at often
  if (then === undefined) return { whyKept: "the healthy render that was kept cannot be opened" };
  const [cause] = undoable(failed, { now: manifests, then });
  if (cause === undefined) return { whyKept: "what fails is the same in the last healthy render" };
  if (awaitsHooks(hooks, manifests.digest)) return {};
  const rollback = rollbackTo(target.to, { input, inventory, then, nowMs, why: cause.why });
  const { renders = [], failed: before = [] } = inventory;
  const rest = renders.filter((render) => render.digest !== manifests.digest);
  const left = [...before, manifests.digest].slice(-20);
  ports.emit({
    type: "rolled-back",
    app: unit.app,
    by: "failure",
    from: manifests.commit.id,
    to: target.to.commit,
    why: cause.why,
  });
  const record = { ...knownIn(inventory), rollback, renders: rest, failed: left };
  return { record };
}

interface Leaving {
  readonly input: Pick<PassInput, "manifests">;
  readonly inventory: Inventory;
  readonly then: Manifests;
  readonly nowMs: number;
  readonly why: string;
}

function rollbackTo(
  to: KeptRender,
  { input: { manifests }, inventory, then, nowMs, why }: Leaving,
): Rollback {
  const left = stays(inventory, manifests.digest, { now: manifests, then });
  return {
    from: { digest: manifests.digest, commit: manifests.commit.id },
    to: { digest: to.digest, commit: to.commit },
    by: "failure",
    why,
    at: isoTime(nowMs),
    ...(left.length > 0 && { stays: left }),
  };
}

/** A render that is kept here; undefined: it is gone, sealed with another key, or of a newer agent. */
export async function readKept(
  { renders }: Pick<PassPorts, "renders">,
  wanted: { readonly app: string; readonly digest: string },
  signal: AbortSignal,
): Promise<Manifests | undefined> {
  const text = await renders.read(wanted, signal);
  return text === undefined ? undefined : readRender(text);
}
