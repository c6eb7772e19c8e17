import type { ChangeResult } from "../model/change.ts";
import { refId } from "../model/object.ts";
import type { DriftEntry } from "../model/status.ts";
import { isoTime } from "../schedule/clock.ts";
import type { PassInput, PassPorts } from "./pass.ts";

/** How long a healed difference stays visible in the status. */
const healedVisibleMs = 10 * 60_000;

/** What differs and is left, and what was healed lately: which field, which manager, since when (semantics §6.4). */
export function driftOf(
  ports: PassPorts,
  { memory }: PassInput,
  results: readonly ChangeResult[],
): readonly DriftEntry[] {
  const nowMs = ports.clock.now();
  for (const result of results) noteHealed(memory.healed, result, isoTime(nowMs));
  for (const [id, { since }] of memory.healed) {
    if (nowMs - Date.parse(since) > healedVisibleMs) memory.healed.delete(id);
  }
  const left = results.flatMap((result) => leftAlone(result, memory.differsSinceMs, nowMs) ?? []);
  return [...left, ...memory.healed.values()];
}

function leftAlone(
  { change }: ChangeResult,
  differsSinceMs: ReadonlyMap<string, number>,
  nowMs: number,
): DriftEntry | undefined {
  if (change.action !== "report") return undefined;
  const { ref, fields, how } = change;
  return { ref, fields, since: isoTime(differsSinceMs.get(refId(ref)) ?? nowMs), action: how };
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
