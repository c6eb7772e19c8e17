import { whenGone } from "../apply/recreate.ts";
import { ApiError } from "../cluster/errors.ts";
import type { Change, ChangeResult } from "../model/change.ts";
import {
  apiVersionVersion,
  describeRef,
  type KubeObject,
  type ObjectRef,
  refId,
} from "../model/object.ts";
import { type Going, type PruneStep, pruneSteps } from "../plan/prune-order.ts";
import type { Verdict } from "../plan/verdict.ts";
import type { PassInput, PassPorts } from "./pass.ts";
import { send } from "./send.ts";
import { tell } from "./tell.ts";

interface Carry {
  readonly input: PassInput;
  readonly changes: readonly Change[];
  readonly verdicts: readonly Verdict[];
}

/**
 * Deletes step by step (O-14, P-81). All deletions of a step are tried, whatever becomes of the others (P-31); what
 * comes after something that does not go is put off, and the next pass finds its place anew.
 */
export async function carryOut(
  ports: PassPorts,
  { input, changes, verdicts }: Carry,
  signal: AbortSignal,
): Promise<readonly ChangeResult[]> {
  const found = new Map(verdicts.flatMap((verdict) => liveOf(verdict)));
  // no dry run goes before; every rule was judged on a read made for it.
  const going = changes.map((change) => ({ change, live: found.get(refId(change.ref)) }));
  const results: ChangeResult[] = [];
  let left: ObjectRef | undefined;
  for (const step of pruneSteps(going)) {
    if (left !== undefined) {
      results.push(...step.ranks.flat().map((one) => putOff(one, left)));
      continue;
    }
    const sent = await carryStep(ports, { input, step }, signal);
    const done = step.isAwaited ? await awaited(ports, sent, signal) : sent;
    results.push(...done);
    if (step.isAwaited) left = done.find(isLeft)?.change.ref;
  }
  for (const result of results) tell(ports, input, result);
  return results;
}

function liveOf(verdict: Verdict): readonly (readonly [string, KubeObject])[] {
  if (!("live" in verdict) || verdict.live === undefined) return [];
  return [[refId(verdict.ref), verdict.live]];
}

async function carryStep(
  ports: PassPorts,
  { input, step }: { readonly input: PassInput; readonly step: PruneStep },
  signal: AbortSignal,
): Promise<readonly ChangeResult[]> {
  const results: ChangeResult[] = [];
  for (const rank of step.ranks) {
    const answered = await send(
      ports,
      { input, changes: rank.map(({ change }) => change) },
      signal,
    );
    results.push(...answered.map((result, index) => withLive(result, rank[index]?.live)));
  }
  return results;
}

/** What a verdict that only waits has read, so that the inventory can record it (P-18). */
function withLive(result: ChangeResult, live: KubeObject | undefined): ChangeResult {
  return result.change.action === "skip" && live !== undefined ? { ...result, live } : result;
}

/** Results as they are when the time is up: what went meanwhile is gone, whether deleted now or earlier. */
async function awaited(
  ports: PassPorts,
  results: readonly ChangeResult[],
  signal: AbortSignal,
): Promise<readonly ChangeResult[]> {
  return Promise.all(
    results.map(({ live, ...result }) => {
      const { uid } = live?.metadata ?? {};
      const isGoing = live !== undefined && uid !== undefined && isTerminating(live);
      if (live === undefined) return result;
      return isGoing ? whenDone(ports, { result, live, uid }, signal) : { ...result, live };
    }),
  );
}

interface Ending {
  readonly result: ChangeResult;
  readonly live: KubeObject;
  readonly uid: string;
}

async function whenDone(
  { client: { get }, clock }: PassPorts,
  { result, live, uid }: Ending,
  signal: AbortSignal,
): Promise<ChangeResult> {
  const { change } = result;
  const at = { ...change.ref, version: apiVersionVersion(live.apiVersion) };
  try {
    const left = await whenGone({ get, clock }, { at, uid }, signal);
    if (left !== undefined) return { ...result, live: left };
    return change.action === "skip" ? { ...result, change: { ...change, forget: true } } : result;
  } catch (error) {
    if (error instanceof ApiError) return { ...result, live }; // not seen to go: it is left
    throw error;
  }
}

function isTerminating({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function isLeft({ outcome, live }: ChangeResult): boolean {
  if (outcome === "failed" || outcome === "unknown") return true;
  return live !== undefined && isTerminating(live);
}

/** Only what would have been sent waits; what is let alone or judged later is said as it is. */
function putOff({ change, live }: Going, left: ObjectRef | undefined): ChangeResult {
  const isSent = change.action === "delete" || change.action === "release";
  if (!isSent || left === undefined) {
    return withLive({ change, outcome: "skipped", warnings: [] }, live);
  }
  const why = `waits until ${describeRef(left)} is gone`;
  const waiting: Change = { action: "skip", ref: change.ref, why, forget: false };
  return { change: waiting, outcome: "skipped", warnings: [] };
}
