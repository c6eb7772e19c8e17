import { whenGone } from "../apply/recreate.ts";
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
    const done = await carryStep(ports, { input, step }, signal);
    results.push(...done);
    if (step.isAwaited) left = await stillThere(ports, done, signal);
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

/** The first that is not gone when its time is up: deleted now or earlier, or not to be deleted at all. */
async function stillThere(
  { client, clock }: PassPorts,
  results: readonly ChangeResult[],
  signal: AbortSignal,
): Promise<ObjectRef | undefined> {
  const terminating = results.flatMap(({ change, live }) =>
    live?.metadata.uid === undefined || live.metadata.deletionTimestamp === undefined
      ? []
      : [{ ref: change.ref, live, uid: live.metadata.uid }],
  );
  const left = await Promise.all(
    terminating.map(async ({ ref, live, uid }) => {
      const at = { ...ref, version: apiVersionVersion(live.apiVersion) };
      return (await whenGone({ get: client.get, clock }, { at, uid }, signal)) && ref;
    }),
  );
  const failed = results.find(({ outcome }) => outcome === "failed" || outcome === "unknown");
  return failed?.change.ref ?? left.find((ref) => ref !== undefined);
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
