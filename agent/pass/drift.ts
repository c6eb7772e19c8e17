import type { ChangeResult } from "../model/change.ts";
import { refId } from "../model/object.ts";
import type { DriftEntry } from "../model/status.ts";
import { isForgotten } from "../plan/fight.ts";
import { isoTime } from "../schedule/clock.ts";
import type { PassInput, PassPorts, UnitMemory } from "./pass.ts";

/** How long a healed difference stays visible in the status. */
const healedVisibleMs = 10 * 60_000;

/** What differs and is left, and what was healed lately: which field, which manager, since when (semantics §6.4). */
export function driftOf(
  ports: PassPorts,
  { memory }: PassInput,
  results: readonly ChangeResult[],
): readonly DriftEntry[] {
  const nowMs = ports.clock.now();
  const now = isoTime(nowMs);
  for (const result of results) noteHealed(memory.healed, result, now);
  for (const [id, { since }] of memory.healed) {
    if (nowMs - Date.parse(since) > healedVisibleMs) memory.healed.delete(id);
  }
  for (const [id, dispute] of memory.disputes) {
    if (isForgotten(dispute, nowMs)) memory.disputes.delete(id);
  }
  const left = results.flatMap((result) => leftAlone(result, memory, nowMs) ?? []);
  return [...left, ...memory.healed.values()];
}

function leftAlone(
  { change }: ChangeResult,
  { differsSinceMs, disputes }: UnitMemory,
  nowMs: number,
): DriftEntry | undefined {
  if (change.action !== "report") return undefined;
  const { ref, fields, how } = change;
  const id = refId(ref);
  const since = isoTime(differsSinceMs.get(id) ?? nowMs);
  const next = how === "backing-off" ? disputes.get(id)?.nextMs : undefined;
  return {
    ref,
    fields,
    since,
    action: how,
    ...(next === undefined ? {} : { until: isoTime(next) }),
  };
}

function noteHealed(
  healed: Map<string, DriftEntry>,
  { change, outcome }: ChangeResult,
  now: string,
): void {
  const isDrift = "cause" in change && change.cause === "drift";
  if (!isDrift || (outcome !== "configured" && outcome !== "created")) return;
  const fields = "fields" in change ? change.fields : [];
  const { ref } = change;
  healed.set(refId(ref), { ref, fields, since: now, action: "healed" });
}
