import { isAmong } from "../cluster/stale.ts";
import { assessHealth, isAwaited, isCounted } from "../health/assess.ts";
import type { HealthRules } from "../health/cel.ts";
import { settle, type TrackedHealth, track } from "../health/settle.ts";
import { type ChangeResult, type Desired, resultId } from "../model/change.ts";
import type { Health } from "../model/health.ts";
import type { Inventory } from "../model/inventory.ts";
import { describeRef, type KubeObject } from "../model/object.ts";
import type { ObjectHealth } from "../status/input.ts";
import type { PassInput, PassPorts } from "./pass.ts";

export interface Assessed {
  readonly health: readonly ObjectHealth[];
  /** Objects of this revision that are not healthy yet (P-16), by name. */
  readonly unready: readonly string[];
  /** When time alone may change the answer. */
  readonly dueMs?: number;
}

export interface Assessing {
  readonly input: PassInput;
  readonly inventory: Inventory;
  readonly results: readonly ChangeResult[];
  /** Default: all that is declared. */
  readonly objects?: readonly Desired[];
}

/** Health of every declared object as the watches, or our own last answers, know it. No requests. */
export function assess(
  ports: PassPorts,
  { input, inventory, results, objects = input.manifests.desired }: Assessing,
): Assessed {
  const nowMs = ports.clock.now();
  const stale = ports.live.stale(ports.clock.monotonic());
  const silent = stale.filter(({ why }) => why === "silent");
  const answers = new Map(results.map((result) => [resultId(result), result]));
  const due: number[] = [];
  const health = objects
    .filter(({ id, object }) => isCounted(object) && !isPassedOver(answers.get(id)))
    .filter((desired) => !isToCome(ports, desired, answers.get(desired.id)))
    .map((desired) => {
      const live = liveOf(ports, desired, answers.get(desired.id));
      const tracked = remembered(input, desired, { live, nowMs });
      const settled = settle(tracked, nowMs);
      if (settled.dueMs !== undefined) due.push(settled.dueMs);
      const writtenMs = input.memory.writtenMs.get(desired.id);
      const isUnseen = silent.some((kind) => isAmong(desired.ref, kind));
      return {
        ref: desired.ref,
        health: isUnseen ? cutOff(live) : settled.health,
        ...(isUnseen && { isUnseen }),
        sinceMs: tracked.sinceMs,
        changed: inventory.entries.get(desired.id)?.changedIn === input.unit.changeId,
        awaited: isAwaited(live ?? desired.object),
        ...(writtenMs === undefined ? {} : { writtenMs }),
      };
    });
  const unready = health
    .filter(
      ({ changed, awaited, health: { status } }) =>
        changed && awaited && status !== "Healthy" && status !== "Suspended",
    )
    .map(({ ref }) => describeRef(ref));
  return { health, unready, ...(due.length === 0 ? {} : { dueMs: Math.min(...due) }) };
}

/** C-5, H-4: it is not the object that took too long, it is us who do not hear of it. */
function cutOff(live: KubeObject | undefined): Health {
  const { message, status } = assessHealth(live);
  const last = message === "" ? status : message;
  return { status: "Unknown", message: `no watch has told of it for 5 minutes; last: ${last}` };
}

/** H-2: let alone on purpose, or done and gone; nobody waits for it. */
function isPassedOver(answer: ChangeResult | undefined): boolean {
  return answer?.change.action === "skip" && answer.change.waits === undefined;
}

/** Not made yet, because others come first: that it is missing says nothing. */
function isToCome({ live }: PassPorts, { id }: Desired, answer: ChangeResult | undefined): boolean {
  return answer?.change.action === "skip" && live.entry(id) === undefined;
}

/**
 * The watch knows the newest status; before it has seen what we wrote, our own answer does (O-24): a lower generation is
 * not of it, and another UID is not our object, which then is missing.
 */
function liveOf(
  ports: PassPorts,
  { id }: Desired,
  answer: ChangeResult | undefined,
): KubeObject | undefined {
  const seen = ports.live.entry(id)?.object;
  const sent = answer?.live;
  if (seen === undefined || sent === undefined) return seen ?? sent;
  if (seen.metadata.uid !== sent.metadata.uid) return undefined;
  return (seen.metadata.generation ?? 0) < (sent.metadata.generation ?? 0) ? sent : seen;
}

function remembered(
  { memory, healthRules }: PassInput,
  { id, ref }: Desired,
  { live, nowMs }: { readonly live: KubeObject | undefined; readonly nowMs: number },
): TrackedHealth {
  const known = memory.health.get(id);
  const health = healthOf(live, healthRules);
  if (known?.health === health) return known;
  const created = Date.parse(live?.metadata.creationTimestamp ?? "");
  const now: TrackedHealth = {
    ref,
    health,
    sinceMs: nowMs,
    ...(Number.isNaN(created) ? {} : { createdMs: created }),
  };
  const tracked = track(known, now);
  memory.health.set(id, tracked);
  return tracked;
}

interface Judged {
  readonly by: HealthRules | undefined;
  readonly health: Health;
}

const judged = new WeakMap<KubeObject, Judged>();

/** One object and the same rules have one health: ten thousand that did not move are not judged again. */
function healthOf(live: KubeObject | undefined, by: HealthRules | undefined): Health {
  const known = live && judged.get(live);
  if (known !== undefined && known.by === by) return known.health;
  const health = assessHealth(live, by);
  if (live !== undefined) judged.set(live, { by, health });
  return health;
}
