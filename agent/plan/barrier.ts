import type { Change, ChangeResult, Desired } from "../model/change.ts";
import { describeRef, type ObjectRef, refId } from "../model/object.ts";
import type { Reason } from "../model/reason.ts";
import type { ObjectHealth } from "../status/input.ts";
import { isOpen } from "./blocked.ts";
import { dependenciesOf } from "./depends-on.ts";

/** Why nothing more of a change may be written now; what runs stays enforced. */
export interface Barrier {
  readonly reason: Reason;
  readonly why: string;
}

/** What is known of a set of objects after they were sent. */
export interface Reached {
  readonly results: readonly ChangeResult[];
  readonly health: readonly ObjectHealth[];
}

/** O-15: the next step waits until everything of this one is applied and healthy. */
export function barrierAfter(step: string, { results, health }: Reached): Barrier | undefined {
  const open = results.filter(isOpen).map(({ change, outcome }) => {
    const what = outcome === "skipped" ? "waits itself" : outcome;
    return `${describeRef(change.ref)} (${what})`;
  });
  const unready = health.filter(isUnready).map(healthText);
  const [first, ...more] = [...open, ...unready];
  if (first === undefined) return undefined;
  const rest = more.length === 0 ? "" : ` and ${more.length} more`;
  return { reason: "Applying", why: `waits for ${step}: ${first}${rest}` };
}

function isUnready({ awaited, health: { status } }: ObjectHealth): boolean {
  return awaited !== false && status !== "Healthy" && status !== "Suspended";
}

function healthText({ ref, health: { message, status } }: ObjectHealth): string {
  return `${describeRef(ref)} (${message === "" ? status : message})`;
}

interface Needed extends Reached {
  /** Ended, and gone by itself (H-8). */
  readonly isFinished: (id: string) => boolean;
}

/** O-23: an object waits while one that it names failed, waits, is let alone, or is not healthy. */
export function unreadyDependency({ object }: Desired, needed: Needed): string | undefined {
  const open = dependenciesOf(object).filter((ref) => !needed.isFinished(refId(ref)));
  return open.map((ref) => unready(ref, needed)).find((why) => why !== undefined);
}

function unready(ref: ObjectRef, { results, health }: Reached): string | undefined {
  const id = refId(ref);
  const result = results.find(({ change }) => refId(change.ref) === id);
  const state = health.find((one) => refId(one.ref) === id);
  if (result === undefined || isOpen(result)) return `waits for ${describeRef(ref)}`;
  if (state === undefined) {
    const isAlone = result.change.action === "skip";
    return isAlone ? `waits for ${describeRef(ref)}, which is let alone` : undefined;
  }
  return isUnready(state) ? `waits for ${healthText(state)}` : undefined;
}

/** Not written now; stands in the way of dependents, pruning and post hooks. */
export function waiting(ref: ObjectRef, { reason, why }: Barrier): Change {
  return { action: "skip", ref, why, forget: false, waits: reason };
}
