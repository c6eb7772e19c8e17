import { apply } from "../apply/apply.ts";
import { ApiError } from "../cluster/errors.ts";
import { hookResult } from "../health/hook-result.ts";
import type { Change } from "../model/change.ts";
import { type HookPhase, type HookRun, hookKey, hookOf } from "../model/hook.ts";
import { type KubeObject, refId, versionOf } from "../model/object.ts";
import { type HookRuns, isAtWork, isEnded } from "../plan/hook-move.ts";
import { isMarkedOurs } from "../plan/ownership.ts";
import type { PassInput, PassPorts } from "./pass.ts";
import { tell } from "./tell.ts";

interface Sweep {
  readonly input: PassInput;
  readonly runs: HookRuns;
}

export interface Swept {
  readonly runs: HookRuns;
  /** Of an earlier change, and still at work: nothing new begins beside it. */
  readonly atWork?: HookRun;
}

/** What is left of hooks that Git no longer has. One that became an ordinary object is only no longer on record. */
export async function sweepDropped(
  ports: PassPorts,
  { input, runs }: Sweep,
  signal: AbortSignal,
): Promise<Swept> {
  const next = new Map(runs);
  let atWork: HookRun | undefined;
  for (const [key, run] of runs) {
    if (declares(input, key)) continue;
    const isOrdinary = input.manifests.desired.some(({ id }) => id === refId(run.ref));
    const end = isOrdinary ? "gone" : await letGo(ports, { input, run }, signal);
    if (end === "gone") next.delete(key);
    if (end === "at work") atWork = run;
  }
  return { runs: next, ...(atWork && { atWork }) };
}

/** O-17: what a policy lets go when its phase has ended. */
export async function sweepEnded(
  ports: PassPorts,
  { input, runs }: Sweep,
  signal: AbortSignal,
): Promise<HookRuns> {
  const next = new Map(runs);
  for (const [key, run] of runs) {
    if (!isOver(run.phase, runs) || !isForPolicy(run, input)) continue;
    const end = await letGo(ports, { input, run }, signal);
    if (end === "gone") next.set(key, { ...run, deleted: true });
  }
  return next;
}

/** All that is left of hooks, when the unit goes: deleted, or set free (P-72). */
export async function removeHooks(
  ports: PassPorts,
  { input, runs, how }: Sweep & { readonly how: "delete" | "release" },
  signal: AbortSignal,
): Promise<HookRuns> {
  const next = new Map(runs);
  for (const [key, run] of runs) {
    if ((await letGo(ports, { input, run, how }, signal)) === "gone") next.delete(key);
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

/** `gone`: nothing of ours is left to be tracked; `left`: it is tried again in the next pass. */
type End = "gone" | "at work" | "left";

/** By 4.5-2 to 5 and 9, on a read made for it. */
async function letGo(
  ports: PassPorts,
  { input, run, how = "delete" }: Going,
  signal: AbortSignal,
): Promise<End> {
  const { client, clock } = ports;
  const { ref, version } = run;
  if (run.deleted) return "gone";
  try {
    const live = await client.get({ ...ref, version }, signal);
    const isGoing = live?.metadata.deletionTimestamp !== undefined;
    if (live === undefined || isGoing || !isOurs(run, live, input)) return "gone";
    if (isBusy(live, input, clock.now())) return "at work";
    const change: Change = { action: how, ref, version, over: versionOf(live), live };
    const [result] = await apply({ ...client, clock }, [change], signal);
    if (result === undefined || result.problem !== undefined) return "left";
    tell(ports, input, result);
    return "gone";
  } catch (error) {
    if (error instanceof ApiError) return "left";
    throw error;
  }
}

function isBusy(live: KubeObject, { unit, healthRules }: PassInput, nowMs: number): boolean {
  const standing = hookResult(live, healthRules);
  return isAtWork(live, { standing, nowMs, timeoutMs: unit.health.timeoutMs });
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
