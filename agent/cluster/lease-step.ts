import { leaseName } from "../model/names.ts";
import type { KubeObject } from "../model/object.ts";
import type { Clock } from "../schedule/clock.ts";
import { ApiError, isConflict } from "./errors.ts";
import type { LeaseDurations, LeaseOptions } from "./lease.ts";
import { type LeaseRecord, leaseObject, recordOf } from "./lease-record.ts";
import { versionedAt } from "./stored.ts";

/** Another's record, and when we first saw it so: our clock alone says when it expires, theirs may be wrong. */
interface Observed {
  readonly record: LeaseRecord;
  readonly at: number;
}

/** What is remembered from one try to the next. */
export interface LeaseMemory {
  /** Monotonic time at which the last renewal that was answered was *sent*. */
  renewedAt: number | undefined;
  observed: Observed | undefined;
  /** As last answered, while it is ours. */
  object: KubeObject | undefined;
  comparedAt: string | undefined;
  /** What went wrong last, so that it is said once. */
  problem: string | undefined;
}

export type LeaseSettings = LeaseOptions & { readonly durations: LeaseDurations };

/** One try to acquire or renew. Problems are told, not thrown: the next try is the answer to them. */
export async function tryLease(
  settings: LeaseSettings,
  memory: LeaseMemory,
  signal: AbortSignal,
): Promise<void> {
  const { clock, durations, emit } = settings;
  const limitMs = (durations.renewDeadlineMs * 2) / 3;
  try {
    await limited({ clock, limitMs, signal }, (inTime) => acquireOrRenew(settings, memory, inTime));
    memory.problem = undefined;
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ApiError)) throw error;
    const { reason, message } = error.failure;
    if (memory.problem !== reason) emit?.({ type: "error", message: `lease: ${message}` });
    memory.problem = reason;
  }
}

async function acquireOrRenew(
  settings: LeaseSettings,
  memory: LeaseMemory,
  signal: AbortSignal,
): Promise<void> {
  const ours = isHeld(settings, memory) ? memory.object : undefined;
  if (ours !== undefined && (await hasSent(settings, memory, { over: ours, signal }))) return;
  memory.object = undefined; // whoever was stopped or cut off looks first (C04)
  const found = await settings.client.get(leaseRef(settings.namespace), signal);
  noteVersion(settings, found);
  if (found === undefined || mayTake(settings, memory, found)) {
    await hasSent(settings, memory, { over: found, signal });
  } else memory.renewedAt = undefined;
}

/** False: somebody else wrote first. */
async function hasSent(
  settings: LeaseSettings,
  memory: LeaseMemory,
  how: { readonly over: KubeObject | undefined; readonly signal: AbortSignal },
): Promise<boolean> {
  try {
    await send(settings, memory, how);
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

/** Ours, released, or not renewed for its whole duration since we first saw it so. */
function mayTake(
  { identity, clock }: LeaseSettings,
  memory: LeaseMemory,
  found: KubeObject,
): boolean {
  const record = recordOf(found);
  const seen = memory.observed;
  const at = seen !== undefined && isSame(seen.record, record) ? seen.at : clock.monotonic();
  memory.observed = { record, at };
  if (record.holder === identity || record.holder === "") return true;
  return clock.monotonic() - at > record.durationMs;
}

function isSame(a: LeaseRecord, b: LeaseRecord): boolean {
  return a.holder === b.holder && a.renewTime === b.renewTime && a.transitions === b.transitions;
}

async function send(
  settings: LeaseSettings,
  memory: LeaseMemory,
  { over, signal }: { readonly over: KubeObject | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const { client, clock, identity, namespace, durations } = settings;
  const sentAt = clock.monotonic();
  const object = leaseObject(over, {
    namespace,
    holder: identity,
    durationMs: durations.durationMs,
    now: clock.now(),
    comparedAt: memory.comparedAt,
  });
  memory.object =
    over === undefined
      ? await client.create(object, signal)
      : await client.replace(object, undefined, signal);
  noteVersion(settings, memory.object);
  memory.renewedAt = sentAt;
}

/** C-18: nothing is read and written as often, so nothing shows sooner that the cluster went back. */
function noteVersion({ timeline }: LeaseSettings, lease: KubeObject | undefined): void {
  if (lease !== undefined) timeline?.saw(`Lease ${leaseName}`, versionedAt(lease));
}

/** Gives the Lease up, unless another has it. */
export async function releaseLease(
  { client, clock, identity, namespace }: LeaseSettings,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 0; tries < 3; tries += 1) {
    const found = await client.get(leaseRef(namespace), signal);
    if (found === undefined || recordOf(found).holder !== identity) return;
    const released = leaseObject(found, {
      namespace,
      holder: "",
      durationMs: 1000,
      now: clock.now(),
      comparedAt: undefined,
    });
    try {
      await client.replace(released, undefined, signal);
      return;
    } catch (error) {
      if (!isConflict(error)) throw error; // our own last renewal landed late
    }
  }
}

export function isHeld({ clock, durations }: LeaseSettings, { renewedAt }: LeaseMemory): boolean {
  return renewedAt !== undefined && clock.monotonic() - renewedAt < durations.renewDeadlineMs;
}

function leaseRef(namespace: string) {
  return {
    group: "coordination.k8s.io",
    version: "v1",
    kind: "Lease",
    namespace,
    name: leaseName,
  };
}

interface Limit {
  readonly clock: Clock;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

async function limited(
  { clock, limitMs, signal }: Limit,
  task: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const timer = new AbortController();
  const over = new AbortController();
  const alarm = clock.sleep(limitMs, timer.signal).then(
    () => over.abort(new DOMException("The lease could not be renewed in time.", "TimeoutError")),
    () => undefined,
  );
  try {
    await task(AbortSignal.any([signal, over.signal]));
  } finally {
    timer.abort();
    await alarm;
  }
}
