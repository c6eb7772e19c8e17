import { removedUnit } from "../follow/removed-unit.ts";
import type { Problem } from "../model/problem.ts";
import { reasonInfo } from "../model/reason.ts";
import type { Suspend } from "../model/status.ts";
import { describeWentBack } from "../model/went-back.ts";
import { type Suspension, suspension } from "../requests/suspend.ts";
import { retryDelayMs } from "../schedule/backoff.ts";
import type { Slot } from "../slot.ts";
import { appearance, toAppObject } from "../status/app-object.ts";
import { type SummarizeInput, type UnitFacts, unitFacts } from "../status/input.ts";
import { summarize, summaryDue } from "../status/summarize.ts";
import type { World } from "../world.ts";
import { waitingFor } from "./dependencies.ts";
import { rollbackInForce, rollbackProblem } from "./fallen-back.ts";
import type { Flight } from "./run-pass.ts";
import { readAgainMs, silence, unwatched } from "./unwatched.ts";

const againMs = 1000;

/** Says what a flight found: status in memory, App object, events; and asks for the next flight where time brings one. */
export async function publish(
  world: World,
  { slot, flight }: { readonly slot: Slot; readonly flight: Flight },
  signal: AbortSignal,
): Promise<void> {
  const input = summaryInput(world, slot, flight);
  if (input === undefined) return;
  const before = slot.status;
  const after = summarize(input);
  slot.status = after;
  world.ports.emit({ type: "status", before, after });
  schedule(world, { slot, flight, dueMs: summaryDue(input, after) });
  const isFirst = !slot.isCompared;
  if (flight.ended === "pass") slot.isCompared = true;
  const isNews = before === undefined || appearance(before) !== appearance(after);
  if (isFirst || isNews) wakeWaiting(world, slot);
  if (slot.object !== undefined && !isNews) return; // P8: nothing but its age moved
  const { apps, installation } = world.cluster;
  const object = toAppObject(after, installation.agentNamespace, slot.object);
  slot.object = await apps.write(object, signal);
}

/** O-30: whoever waits for this app looks again. */
function wakeWaiting(world: World, { app }: Slot): void {
  for (const waiting of waitingFor(world, app)) world.wake(waiting, 0);
}

function summaryInput(world: World, slot: Slot, flight: Flight): SummarizeInput | undefined {
  const manifests = slot.removal === undefined ? slot.manifests : removedUnit(world, slot);
  const unit = slot.unit ?? manifests?.unit ?? removedUnit(world, slot)?.unit;
  const facts =
    unit === undefined ? lastFacts(slot) : unitFacts(unit, manifests?.renderer ?? "plain");
  if (facts === undefined) return undefined;
  const suspended = suspension(world, slot);
  return {
    unit: facts,
    nowMs: world.ports.clock.now(),
    previous: slot.status,
    problems: problemsOf(world, slot, flight),
    handled: slot.handled,
    ...(slot.unit === undefined ? {} : { changeId: slot.unit.changeId }),
    ...(world.accepted === undefined ? {} : { fetched: world.accepted }),
    ...(slot.commit === undefined ? {} : { desired: slot.commit }),
    ...(suspended === undefined ? {} : { suspend: suspendOf(suspended) }),
    unwatched: unwatched(world, slot),
    ...(flight.ended === "pass" ? { pass: flight.reconciled.pass } : {}),
  };
}

/** G35: after a start without Git nothing is known but what was said last; it must not stay green. */
function lastFacts({ status }: Slot): UnitFacts | undefined {
  if (status === undefined) return undefined;
  const { app, cluster, namespace, path, rollout, owner, renderer } = status;
  const named = {
    ...(rollout === undefined ? {} : { rollout }),
    ...(owner === undefined ? {} : { owner }),
  };
  return { app, cluster, namespace, path, renderer, ...named, healthTimeoutMs: 300_000 };
}

/** Everything that stops it, before or beside its objects. */
function problemsOf(world: World, slot: Slot, flight: Flight): readonly Problem[] {
  const suspended = suspension(world, slot);
  return [
    ...(world.sourceProblem === undefined ? [] : [world.sourceProblem]),
    ...slot.problems,
    ...removalProblem(slot, flight),
    ...rollbackProblem(world, slot),
    ...(flight.ended === "trouble" ? [flight.problem] : []),
    ...restoredProblem(world, slot, flight),
    ...(suspended === undefined ? [] : [suspendedProblem(suspended)]),
    ...silenceProblem(world, slot),
  ];
}

/** C-18: what was said of it was said of a cluster that is no more. */
function restoredProblem({ restored }: World, slot: Slot, flight: Flight): readonly Problem[] {
  if (restored === undefined || slot.isCompared || flight.ended === "pass") return [];
  return [{ reason: "ClusterRestored", message: describeWentBack(restored) }];
}

function suspendOf({ by, reason, until }: Suspension): Suspend {
  return { by, reason, until };
}

function suspendedProblem({ because, by, reason, until }: Suspension): Problem {
  return { reason: because, message: `Suspended by ${by} until ${until}: ${reason}` };
}

/** The guard phrases it when something would be deleted; else it is said here. */
function removalProblem({ removal }: Slot, flight: Flight): readonly Problem[] {
  if (removal === undefined || removal.how !== "hold") return [];
  const isTold = flight.ended === "pass" && flight.reconciled.pass.held !== undefined;
  return isTold ? [] : [{ reason: removal.reason, message: removal.why }];
}

/** C-5: nothing is known of kinds whose watch is silent. */
function silenceProblem(world: World, slot: Slot): readonly Problem[] {
  const message = silence(world, slot);
  return message === undefined ? [] : [{ reason: "WatchStale", message }];
}

interface Plan {
  readonly slot: Slot;
  readonly flight: Flight;
  readonly dueMs: number | undefined;
}

function schedule(world: World, { slot, flight, dueMs }: Plan): void {
  const { app, status } = slot;
  const nowMs = world.ports.clock.now();
  const reasons = [
    status?.reason ?? "InSync",
    ...(status?.problems ?? []).map(({ reason }) => reason),
  ];
  const isBad = status?.state === "Failed" || status?.state === "Unknown";
  slot.failures = isBad ? slot.failures + 1 : 0;
  const random = world.ports.random.next();
  const retries = isBad
    ? reasons.map((reason) => retryDelayMs(reasonInfo(reason).retry, slot.failures, random))
    : [];
  const due = dueTimes(world, { slot, flight, dueMs }).map((at) => Math.max(at - nowMs, 0) + 50);
  const again =
    flight.ended === "raced" || (flight.ended === "pass" && flight.reconciled.again)
      ? [againMs]
      : [];
  const reads = unwatched(world, slot) === undefined ? [] : [readAgainMs]; // C-8
  const waits = [...retries, ...due, ...again, ...reads].filter((wait) => wait !== undefined);
  if (waits.length > 0) world.wake(app, Math.min(...waits));
}

/** When time alone brings something new; a suspension ends by itself (O21). */
function dueTimes(world: World, { slot, flight, dueMs }: Plan): readonly number[] {
  const until = suspension(world, slot)?.until;
  const back = rollbackInForce(world, slot);
  return [
    dueMs,
    flight.ended === "pass" ? flight.reconciled.dueMs : undefined,
    until === undefined ? undefined : Date.parse(until),
    back?.until === undefined ? undefined : Date.parse(back.until),
  ].filter((at) => at !== undefined);
}
