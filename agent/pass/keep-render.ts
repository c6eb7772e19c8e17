import { ApiError } from "../cluster/errors.ts";
import type { Inventory } from "../model/inventory.ts";
import { ReconcileError } from "../model/reason.ts";
import { type KnownRenders, withRender } from "../plan/rollback.ts";
import { writeRender } from "../rendering/kept-render.ts";
import { isoTime } from "../schedule/clock.ts";
import type { PassInput, PassPorts } from "./pass.ts";

interface Healthy {
  readonly input: PassInput;
  readonly inventory: Inventory;
}

/** What the inventory is to say of kept renders; nothing: as before. */
export interface Kept {
  readonly record?: KnownRenders;
}

/** a render that is all applied and healthy is kept, before the inventory names it; the oldest beyond three go. */
export async function keepRender(
  ports: PassPorts,
  { input, inventory }: Healthy,
  signal: AbortSignal,
): Promise<Kept> {
  const { manifests, memory } = input;
  const { digest, commit, desired } = manifests;
  const isKnown = inventory.renders?.at(-1)?.digest === digest && inventory.lost === undefined;
  if (isKnown || desired.length === 0 || memory.unkept === digest) return {}; // P-50: nobody goes back to nothing
  const at = isoTime(ports.clock.now());
  const record = withRender(inventory, { digest, commit: commit.id, at });
  return (await isStored(ports, { input, record }, signal)) ? { record } : {};
}

interface Storing {
  readonly input: PassInput;
  readonly record: KnownRenders;
}

/** One that cannot be kept is no trouble of the app: there is nothing to go back to, which is said when it matters. */
async function isStored(
  { renders, emit }: PassPorts,
  { input: { manifests, unit, memory }, record }: Storing,
  signal: AbortSignal,
): Promise<boolean> {
  const { app } = unit;
  const { digest } = manifests;
  const digests = (record.renders ?? []).map((render) => render.digest);
  try {
    await renders.keep({ app, digest, text: writeRender(manifests) }, signal);
    await renders.retain(app, digests, signal);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof ReconcileError)) throw error;
    if (error instanceof ReconcileError) memory.unkept = digest;
    emit({ type: "warning", app, reason: "RenderNotKept", message: error.message });
    return false;
  }
}

/** Of a unit that keeps what failed, nothing stays kept. */
export async function letGo(
  { renders }: PassPorts,
  { app, renders: kept, failed }: Inventory,
  signal: AbortSignal,
): Promise<Kept> {
  if (kept === undefined && failed === undefined) return {};
  await renders.retain(app, [], signal);
  return { record: {} };
}
