import { ApiError } from "../cluster/errors.ts";
import { readRender, writeRender } from "../kept-render.ts";
import type { Manifests } from "../manifests.ts";
import type { ChangeResult } from "../model/change.ts";
import type { Inventory, KeptRender, Rollback } from "../model/inventory.ts";
import { describeRef } from "../model/object.ts";
import { ReconcileError } from "../model/reason.ts";
import { failedObjects, failsAt } from "../plan/failed-objects.ts";
import { isProtectedKind } from "../plan/protect.ts";
import { fallbackFor, rendersKept, stays, undoable } from "../plan/rollback.ts";
import { isoTime } from "../schedule/clock.ts";
import type { ObjectHealth } from "../status/input.ts";
import type { PassInput, PassPorts } from "./pass.ts";

export interface Revision {
  readonly input: PassInput;
  readonly inventory: Inventory;
  readonly results: readonly ChangeResult[];
  readonly health: readonly ObjectHealth[];
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

type Known = Pick<Inventory, "renders" | "lost" | "rollback" | "failed">;

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
  if (unit.onFailure === "keep") return await letGo(ports, inventory, signal);
  const lost = lostBy(revision);
  const isNews = lost.length > (inventory.lost?.length ?? 0);
  const known = isNews ? { ...inventory, lost } : inventory;
  const of = { ...revision, inventory: known };
  const fate = await (isUp ? keep(ports, of, signal) : judgeFailure(ports, of, signal));
  return isNews ? { record: knownIn(known), ...fate } : fate;
}

function knownIn({ renders, lost, failed }: Known): Known {
  return {
    ...(renders !== undefined && { renders }),
    ...(lost !== undefined && { lost }),
    ...(failed !== undefined && { failed }),
  };
}

async function letGo(
  { renders }: PassPorts,
  { app, renders: kept, failed }: Inventory,
  signal: AbortSignal,
): Promise<Fate> {
  if (kept === undefined && failed === undefined) return { dueMs: [] };
  await renders.retain(app, [], signal);
  return { record: {}, dueMs: [] };
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

async function keep(
  ports: PassPorts,
  { input, inventory, health }: Revision,
  signal: AbortSignal,
): Promise<Fate> {
  const { manifests, memory } = input;
  const { renders = [], lost, failed } = inventory;
  const dueMs = laterFailures(ports, { input, health });
  const isNewest = renders.at(-1)?.digest === manifests.digest;
  if (manifests.desired.length === 0) return { dueMs }; // P-50: nobody goes back to nothing
  if ((isNewest && lost === undefined) || memory.unkept === manifests.digest) return { dueMs };
  const before = renders.find(({ digest }) => digest === manifests.digest);
  const gone = [...(before?.lost ?? []), ...(lost ?? [])];
  const render: KeptRender = {
    digest: manifests.digest,
    commit: manifests.commit.id,
    at: isoTime(ports.clock.now()),
    ...(gone.length > 0 && { lost: gone }),
  };
  const next = [...renders.filter((one) => one !== before), render].slice(-rendersKept);
  if (!(await isStored(ports, { input, next }, signal))) return { dueMs };
  const left = failed?.filter((digest) => digest !== manifests.digest) ?? [];
  return { record: { renders: next, ...(left.length > 0 && { failed: left }) }, dueMs };
}

interface Storing {
  readonly input: PassInput;
  readonly next: readonly KeptRender[];
}

/** One that cannot be kept is no trouble of the app: there is nothing to go back to, which is said when it matters. */
async function isStored(
  ports: PassPorts,
  { input: { manifests, unit, memory }, next }: Storing,
  signal: AbortSignal,
): Promise<boolean> {
  const { app } = unit;
  const { digest } = manifests;
  try {
    await ports.renders.keep({ app, digest, text: writeRender(manifests) }, signal);
    await ports.renders.retain(
      app,
      next.map((render) => render.digest),
      signal,
    );
    return true;
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof ReconcileError)) throw error;
    if (error instanceof ReconcileError) memory.unkept = digest;
    ports.emit({ type: "warning", app, reason: "RenderNotKept", message: error.message });
    return false;
  }
}

/** Healthy, and then not, within the time-out of its own writes: that is a failure, too. */
function laterFailures(ports: PassPorts, { input, health }: Pick<Revision, "input" | "health">) {
  const { timeoutMs } = input.unit.health;
  const nowMs = ports.clock.now();
  return health.flatMap((entry) => {
    const end = failsAt(entry, timeoutMs);
    return end === undefined || end <= nowMs ? [] : [end];
  });
}

async function judgeFailure(
  ports: PassPorts,
  { input, inventory, results, health }: Revision,
  signal: AbortSignal,
): Promise<Fate> {
  const { manifests, unit } = input;
  const nowMs = ports.clock.now();
  const wasHealthy = inventory.renders?.some(({ digest }) => digest === manifests.digest) === true;
  const { timeoutMs } = unit.health;
  const failed = failedObjects({ results, health, nowMs, timeoutMs, wasHealthy });
  const dueMs = laterFailures(ports, { input, health });
  if (failed.length === 0) return { dueMs };
  const target = fallbackFor(inventory, manifests.digest);
  if (target.to === undefined) return { dueMs, whyKept: target.why };
  const then = await readKept(ports, { app: unit.app, digest: target.to.digest }, signal);
  if (then === undefined)
    return { dueMs, whyKept: "the healthy render that was kept cannot be opened" };
  const [cause] = undoable(failed, { now: manifests, then });
  if (cause === undefined)
    return { dueMs, whyKept: "what fails is the same in the last healthy render" };
  const rollback = rollbackTo(target.to, { input, inventory, then, nowMs, why: cause.why });
  const { renders = [], failed: before = [] } = inventory;
  const rest = renders.filter(({ digest }) => digest !== manifests.digest);
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
  return { record, dueMs };
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
