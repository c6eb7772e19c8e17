import { type AppRequest, requestsOf } from "../cluster/app-requests.ts";
import type { KubeObject } from "../model/object.ts";
import { createSlot, type Slot } from "../slot.ts";
import type { World } from "../world.ts";
import { wishOf } from "./roll-back.ts";
import { takeSuspend } from "./suspend.ts";

/** Takes what people ask for until aborted; `nudge` asks for a fetch. */
export function followRequests(
  world: World,
  nudge: () => void,
  signal: AbortSignal,
): Promise<void> {
  const changed = (object: KubeObject): void => {
    if (takeRequests(world, object).fetch) nudge();
  };
  return world.cluster.apps.follow({ changed, deleted: (app) => tellAgain(world, app) }, signal);
}

/** Takes what people ask for by annotation on an App object (P-85); each id is obeyed once. Gives back whether to fetch, too. */
export function takeRequests(world: World, object: KubeObject): { readonly fetch: boolean } {
  const { requests } = requestsOf(object);
  const slot = world.slots.get(object.metadata.name) ?? gone(world, object, requests);
  if (slot === undefined) return { fetch: false };
  const fresh = requests.filter(({ kind, id }) => slot.handled[kind] !== id);
  const nowMs = world.ports.clock.now();
  for (const request of fresh) {
    take(slot, request);
    if (request.kind === "suspend") takeSuspend(slot, request, { object, nowMs });
  }
  if (fresh.length > 0) world.wake(slot.app, 0);
  return { fetch: fresh.some(({ kind }) => kind === "sync") };
}

/** P-83: of an app that is gone, with all it had, things can be asked back, too; then its App object goes again. */
function gone(world: World, object: KubeObject, requests: readonly AppRequest[]): Slot | undefined {
  if (!requests.some(({ kind }) => kind === "restore")) return undefined;
  const slot = createSlot(object.metadata.name);
  slot.removal = { how: "hold", reason: "AppRemoved", why: "its app file is gone" };
  world.slots.set(slot.app, slot);
  return slot;
}

/** What this version cannot do is noted as seen, so that it is not tried for ever. */
function take(slot: Slot, request: AppRequest): void {
  slot.handled = { ...slot.handled, [request.kind]: request.id };
  slot.failures = 0;
  switch (request.kind) {
    case "accept":
      if (request.plan === undefined) slot.takeOver = true;
      else slot.requested = [{ by: "plan", key: `request:${request.id}`, plan: request.plan }];
      break;
    case "sync":
      slot.bypassProofs = true;
      slot.triesAgain = true;
      break;
    case "restore": {
      const { objects = [], from } = request;
      slot.restore = { objects, ...(from === undefined ? {} : { from }) };
      break;
    }
    case "rollback":
      slot.rollbackWish = wishOf(request);
      break;
    case "suspend":
      break;
  }
}

/** P-70: an App object that is deleted by hand is written again; nothing else follows from it. */
export function tellAgain(world: World, app: string): void {
  const slot = world.slots.get(app);
  if (slot === undefined) return;
  slot.object = undefined;
  world.wake(app, 0);
}
