import { crashEvent } from "../crash.ts";
import type { ChangeResult, Outcome } from "../model/change.ts";
import { isEmpty } from "../model/inventory.ts";
import { refId } from "../model/object.ts";
import { reasonInfo } from "../model/reason.ts";
import type { Reconciled } from "../reconcile.ts";
import { renderAgain } from "../rendering/render-slot.ts";
import { bringBack } from "../requests/bring-back.ts";
import { suspension } from "../requests/suspend.ts";
import { retryDelayMs } from "../schedule/backoff.ts";
import type { Slot } from "../slot.ts";
import type { World } from "../world.ts";
import { refreshDiscovery, watchKinds } from "./discovery.ts";
import { publish } from "./publish.ts";
import { type Flight, runPass } from "./run-pass.ts";

const written: ReadonlySet<Outcome> = new Set(["created", "configured", "adopted", "recreated"]);

/** One flight of one unit. A bug in it is logged, retried with back-off, and never ends the others (P9). */
export async function fly(world: World, app: string, signal: AbortSignal): Promise<void> {
  const slot = world.slots.get(app);
  if (slot === undefined || !world.cluster.lease.holder()) return;
  try {
    await flyOnce(world, slot, signal);
  } catch (error) {
    if (signal.aborted) return;
    crash(world, slot, error);
  }
}

async function flyOnce(world: World, slot: Slot, signal: AbortSignal): Promise<void> {
  const { clock } = world.ports;
  const start = clock.monotonic();
  renderAgain(world, slot, signal);
  await bringBack(world, slot, signal);
  const { takeOver, bypassProofs, sweep } = slot;
  const flight = await runPass(world, slot, signal);
  if (flight.ended === "pass") {
    // What was asked for meanwhile is for the next pass; what a suspension kept from happening is not done.
    if (takeOver && suspension(world, slot) === undefined) slot.takeOver = false;
    if (bypassProofs) slot.bypassProofs = false;
    if (sweep) slot.sweep = false;
    await land(world, slot, { reconciled: flight.reconciled, signal });
  }
  await publish(world, { slot, flight }, signal);
  tellPass(world, slot, { flight, durationMs: clock.monotonic() - start });
  if (isOver(slot)) await forget(world, slot, signal);
}

interface Landing {
  readonly reconciled: Reconciled;
  readonly signal: AbortSignal;
}

/** What a pass leaves behind for the next one: requests that are used up are gone, new kinds are watched. */
async function land(world: World, slot: Slot, { reconciled, signal }: Landing): Promise<void> {
  const { inventory } = reconciled;
  slot.inventory = inventory;
  if (reconciled.pass.isFallback !== true) slot.triesAgain = false;
  slot.isWaiting = reconciled.pass.waiting.length > 0;
  wakeFormerOwners(world, slot, reconciled.pass.results);
  slot.requested = slot.requested.filter(({ key }) => !inventory.accepts.includes(key));
  watchKinds(world);
  if (reconciled.pass.results.some(isForbidden)) slot.permitted = undefined; // compared anew
  const declaresKinds = reconciled.pass.results.some(
    ({ change, outcome }) =>
      change.ref.kind === "CustomResourceDefinition" && outcome !== "unchanged",
  );
  if (declaresKinds) await refreshDiscovery(world, signal);
}

function isForbidden({ problem }: ChangeResult): boolean {
  return problem?.reason === "Forbidden";
}

/** P-63: whose object it was may let go of it now; a write of our own comes back as no event. */
function wakeFormerOwners(world: World, { app }: Slot, results: readonly ChangeResult[]): void {
  const taken = results.filter(({ outcome }) => written.has(outcome));
  for (const other of world.slots.values()) {
    const { entries } = other.inventory ?? {};
    if (entries === undefined || other.app === app) continue;
    if (taken.some(({ change }) => entries.has(refId(change.ref)))) world.wake(other.app, 0);
  }
}

function tellPass(
  { ports }: World,
  { app, status, manifests }: Slot,
  { flight, durationMs }: { readonly flight: Flight; readonly durationMs: number },
): void {
  if (flight.ended !== "pass" && flight.ended !== "trouble") return;
  const results = flight.ended === "pass" ? flight.reconciled.pass.results : [];
  const outcomes: Partial<Record<Outcome, number>> = {};
  for (const { outcome } of results) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const isError = status?.state === "Failed" || flight.ended === "trouble";
  ports.emit({
    type: "pass-ended",
    app,
    result: isError ? "error" : "success",
    durationMs,
    outcomes,
    ...(manifests === undefined ? {} : { commit: manifests.commit.id }),
    ...(isError && status !== undefined ? { reason: status.reason } : {}),
  });
}

/** A unit that Git no longer has, and that has nothing left here. */
function isOver({ removal, inventory }: Slot): boolean {
  return removal !== undefined && inventory !== undefined && isEmpty(inventory);
}

async function forget(world: World, { app }: Slot, signal: AbortSignal): Promise<void> {
  await world.cluster.apps.remove(app, signal);
  world.slots.delete(app);
  world.ports.emit({ type: "unit-removed", app });
}

function crash({ ports, wake }: World, slot: Slot, error: unknown): void {
  slot.failures += 1;
  ports.emit(crashEvent(error, slot.app));
  const { retry } = reasonInfo("ApiError");
  wake(slot.app, retryDelayMs(retry, slot.failures, ports.random.next()) ?? 0);
}
