import { apply } from "../apply/apply.ts";
import { ApiError } from "../cluster/errors.ts";
import { hookResult } from "../health/hook-result.ts";
import type { Change } from "../model/change.ts";
import { type HookPhase, type HookRun, hookKey, hookOf } from "../model/hook.ts";
import { type KubeObject, refId, versionOf } from "../model/object.ts";
import { type HookRuns, isEnded } from "../plan/hook-move.ts";
import { isMarkedOurs } from "../plan/ownership.ts";
import type { PassInput, PassPorts } from "./pass.ts";
import { tell } from "./tell.ts";

interface Sweep {
  readonly input: PassInput;
  readonly runs: HookRuns;
}

/** O-17: what a policy lets go when its phase has ended, and what is left of hooks that Git no longer has. */
export async function sweepHooks(
  ports: PassPorts,
  { input, runs }: Sweep,
  signal: AbortSignal,
): Promise<HookRuns> {
  const next = new Map(runs);
  for (const [key, run] of runs) {
    const swept = await sweepOne(ports, { input, runs, key, run }, signal);
    if (swept === undefined) next.delete(key);
    else next.set(key, swept);
  }
  return next;
}

interface SweepOne extends Sweep {
  readonly key: string;
  readonly run: HookRun;
}

async function sweepOne(
  ports: PassPorts,
  { input, runs, key, run }: SweepOne,
  signal: AbortSignal,
): Promise<HookRun | undefined> {
  const isOrdinary = input.manifests.desired.some(({ id }) => id === refId(run.ref));
  const isDropped = !declares(input, key);
  const isDue = isDropped ? !isOrdinary : isOver(run.phase, runs) && isForPolicy(run, input);
  const isGone = isDue && (await letGo(ports, { input, run }, signal));
  if (isDropped) return isOrdinary || isGone ? undefined : run;
  return isGone ? { ...run, deleted: true } : run;
}

/** All that is left of hooks, when the unit goes: deleted, or set free (P-72). */
export async function removeHooks(
  ports: PassPorts,
  { input, runs, how }: Sweep & { readonly how: "delete" | "release" },
  signal: AbortSignal,
): Promise<HookRuns> {
  const next = new Map(runs);
  for (const [key, run] of runs) {
    if (await letGo(ports, { input, run, how }, signal)) next.delete(key);
  }
  return next;
}

function declares({ manifests }: PassInput, key: string): boolean {
  return manifests.hooks.some(({ ref, object }) =>
    hookOf(object)?.phases.some((phase) => hookKey(phase, ref) === key),
  );
}

/** Not before the whole phase has ended: what one hook made may serve the next. */
function isOver(phase: HookPhase, runs: HookRuns): boolean {
  const own = [...runs.values()].filter((run) => run.phase === phase);
  const isFailed = own.some(({ state }) => state === "failed");
  return own.every((run) => isEnded(run) || (isFailed && run.state === "intent"));
}

function isForPolicy({ ref, state, deleted }: HookRun, { manifests }: PassInput): boolean {
  if (deleted || (state !== "succeeded" && state !== "failed")) return false;
  const hook = manifests.hooks.find(({ id }) => id === refId(ref));
  const policies = hook === undefined ? [] : (hookOf(hook.object)?.deletions ?? []);
  return policies.includes(`hook-${state}`);
}

interface Going {
  readonly input: PassInput;
  readonly run: HookRun;
  readonly how?: "delete" | "release";
}

/** By 4.5-2 to 5 and 9, on a read made for it. True when nothing of ours is left to be tracked. */
async function letGo(
  ports: PassPorts,
  { input, run, how = "delete" }: Going,
  signal: AbortSignal,
): Promise<boolean> {
  const { client, clock } = ports;
  const { ref, version } = run;
  if (run.deleted) return true;
  try {
    const live = await client.get({ ...ref, version }, signal);
    if (live === undefined || !isOurs(run, live, input)) return true;
    if (live.metadata.deletionTimestamp !== undefined) return true;
    if (isStillAtWork(live, input, clock.now())) return false;
    const change: Change = { action: how, ref, version, over: versionOf(live), live };
    const [result] = await apply({ ...client, clock }, [change], signal);
    if (result === undefined || result.problem !== undefined) return false; // tried again in the next pass
    tell(ports, input, result);
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}

/** 4.5-2 to 5. One that was never recorded as made bears no UID here, but its mark. */
function isOurs(
  run: HookRun,
  live: KubeObject,
  { unit, installation, neighbours }: PassInput,
): boolean {
  const { uid = "", ownerReferences: [owner] = [] } = live.metadata;
  if (run.uid !== undefined && run.uid !== uid) return false;
  if (owner !== undefined || neighbours.declaredUids.has(uid)) return false;
  return isMarkedOurs(live, { installation: installation.id, app: unit.app });
}

function isStillAtWork(live: KubeObject, { unit, healthRules }: PassInput, nowMs: number): boolean {
  const ageMs = nowMs - Date.parse(live.metadata.creationTimestamp ?? "");
  return hookResult(live, healthRules).is === "running" && ageMs < unit.health.timeoutMs;
}
