import type { AppRequest } from "../cluster/app-requests.ts";
import { jsonEqual } from "../model/json.ts";
import { requestAnnotation } from "../model/names.ts";
import type { KubeObject } from "../model/object.ts";
import type { Reason } from "../model/reason.ts";
import type { Suspend } from "../model/status.ts";
import { isoTime } from "../schedule/clock.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";

const longestMs = 7 * 24 * 3_600_000;

/** Why nothing of a unit is written now: who says so, and until when. */
export interface Suspension extends Suspend {
  readonly because: Extract<Reason, "AppSuspended" | "ClusterSuspended">;
}

/** What holds a unit still: its cluster's file, or what a person asked for. It ends by itself (O21). */
export function suspension(
  { fleet, ports }: Pick<World, "fleet" | "ports">,
  { suspend: own }: Pick<Slot, "suspend">,
): Suspension | undefined {
  const nowMs = ports.clock.now();
  const runs = ({ until }: { readonly until: string }) => Date.parse(until) > nowMs;
  const whole = fleet?.cluster?.suspend;
  if (whole !== undefined && runs(whole)) {
    return { by: "the cluster file", ...whole, because: "ClusterSuspended" };
  }
  return own !== undefined && runs(own) ? { ...own, because: "AppSuspended" } : undefined;
}

interface Asked {
  /** Bears the request. */
  readonly object: KubeObject;
  readonly nowMs: number;
}

/**
 * P-85: a suspension needs a reason and an end, at most seven days ahead; what lacks one changes nothing. A request that
 * ends when it was made is how an app is resumed: both are told by one clock, whatever ours says.
 */
export function takeSuspend(slot: Slot, request: AppRequest, { object, nowMs }: Asked): void {
  const { at, reason = "", until = "", by = writerOf(object) } = request;
  const endMs = Date.parse(until);
  if (Number.isNaN(endMs)) return;
  if (endMs <= Date.parse(at)) slot.suspend = undefined;
  else if (reason !== "") {
    slot.suspend = { by, reason, until: isoTime(Math.min(endMs, nowMs + longestMs)) };
  }
}

/** A manager is a client's claim; the audit log knows the user. */
function writerOf({ metadata: { managedFields = [] } }: KubeObject): string {
  const name = `f:${requestAnnotation("suspend")}`;
  const entry = managedFields.find(({ fieldsV1 }) => JSON.stringify(fieldsV1 ?? {}).includes(name));
  return entry?.manager ?? "unknown";
}

/** P-85: copied to the inventory, so that neither a restart nor a lost App object ends it. */
export async function recordSuspend(world: World, slot: Slot, signal: AbortSignal): Promise<void> {
  const { inventories, installation } = world.cluster;
  const { suspend } = slot;
  if (suspend !== undefined && Date.parse(suspend.until) <= world.ports.clock.now()) {
    slot.suspend = undefined;
  }
  if (jsonEqual(slot.suspend ?? null, slot.inventory?.suspend ?? null)) return;
  const stored = await inventories.read(slot.app, signal);
  // Without an inventory the request itself is the record: an empty one would hide that it was lost (P-19).
  if (stored === undefined || stored.value.installation !== installation.id) return;
  const { suspend: _before, ...rest } = stored.value;
  const after = slot.suspend === undefined ? rest : { ...rest, suspend: slot.suspend };
  slot.inventory = (await inventories.write(after, stored.resourceVersion, signal)).value;
}
