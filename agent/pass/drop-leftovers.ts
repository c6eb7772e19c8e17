import type { ChangeResult, Desired } from "../model/change.ts";
import type { Inventory } from "../model/inventory.ts";
import { jsonEqual } from "../model/json.ts";
import { type KubeObject, refId } from "../model/object.ts";
import type { Leftover } from "../model/status.ts";
import { isOpen } from "../plan/blocked.ts";
import { dropLeftovers as planDrop } from "../plan/drop-leftovers.ts";
import { type Accept, acceptOfPlan } from "../plan/guard.ts";
import { heldUntilMs } from "../plan/leave.ts";
import { countOfDropped, leftoversOf, leftoversPlan, losesFields } from "../plan/leftovers.ts";
import { land } from "./apply-stages.ts";
import { leftoversIn, noteLeftovers } from "./leftovers.ts";
import { planObjects } from "./observe.ts";
import type { PassInput, PassPorts } from "./pass.ts";
import { send } from "./send.ts";

export interface Dropped {
  /** One for each object of which something went. */
  readonly results: readonly ChangeResult[];
  /** Accepts to record as used up. */
  readonly used: readonly string[];
}

interface At {
  readonly input: PassInput;
  readonly inventory: Inventory;
  readonly applied: readonly ChangeResult[];
}

const tries = 5;
const none: Dropped = { results: [], used: [] };

/**
 * A-27 step 2, P-52: when somebody accepted the digest that was told of the leftovers, exactly they go, once. They are
 * read and compared anew first, and any difference voids the digest. Without an accept nothing is asked of the cluster.
 */
export async function dropLeftovers(
  ports: PassPorts,
  at: At,
  signal: AbortSignal,
): Promise<Dropped> {
  const { input, inventory, applied } = at;
  const isAtRest = input.gate === undefined && !applied.some(isOpen);
  if (!input.enforce || input.unit.mode !== "enforce" || !isAtRest) return none;
  const told = leftoversIn(input, ports.hasher);
  if (told?.plan === undefined) return none;
  const asked = { plan: told.plan, count: countOfDropped(told.items), inventory };
  const accept = acceptOfPlan(await input.accepts("plans"), asked);
  if (accept === undefined) return none;
  return dropAccepted(ports, { ...at, accept, plan: told.plan, told: told.items }, signal);
}

interface Accepted extends At {
  readonly accept: Accept;
  readonly plan: string;
  readonly told: readonly Leftover[];
}

async function dropAccepted(
  ports: PassPorts,
  { input, inventory, accept, plan, told }: Accepted,
  signal: AbortSignal,
): Promise<Dropped> {
  const ids = new Set(told.filter(losesFields).map(({ ref }) => refId(ref)));
  const objects = input.manifests.desired.filter(({ id }) => ids.has(id));
  const found = await readEqual(ports, { input, inventory, objects }, signal);
  if (found === undefined) return none;
  const now = found.flatMap(({ live }) => leftoversOf(live, input.unit.drift.ignore));
  if (leftoversPlan(now, ports.hasher) !== plan) {
    for (const { desired, live } of found) noteLeftovers(input, desired.id, live);
    return none;
  }
  const results = await sendAll(ports, { input, inventory, found }, signal);
  return { results, used: [accept.key] };
}

interface Sending extends Omit<At, "applied"> {
  readonly found: readonly Equal[];
}

/** What others wrote meanwhile is read again, at most five times; it goes when the same is left of it. */
async function sendAll(
  ports: PassPorts,
  { input, inventory, found }: Sending,
  signal: AbortSignal,
): Promise<readonly ChangeResult[]> {
  const { unit, manifests } = input;
  const context = { unit, declared: manifests.desired };
  const results = new Map<string, ChangeResult>();
  let open = found;
  for (let attempt = 1; attempt <= tries && open.length > 0; attempt += 1) {
    const changes = open.flatMap(({ desired, live }) => planDrop(desired, live, context) ?? []);
    const landed = (result: ChangeResult) =>
      isRaced(result) ? result : land(ports, input, result);
    const sent = await send(ports, { input, changes, landed }, signal);
    for (const result of sent) results.set(refId(result.change.ref), result);
    const raced = new Set(sent.filter(isRaced).map(({ change }) => refId(change.ref)));
    const objects = open.map(({ desired }) => desired).filter(({ id }) => raced.has(id));
    const again = await readEqual(ports, { input, inventory, objects }, signal);
    open = again?.filter((one) => isLeftAlike(one, { input, found })) ?? [];
  }
  return [...results.values()].map((result) =>
    isRaced(result) ? land(ports, input, result) : result,
  );
}

function isRaced({ problem }: ChangeResult): boolean {
  return problem?.reason === "WriteRaced";
}

function isLeftAlike(
  { desired, live }: Equal,
  { input, found }: Omit<Sending, "inventory">,
): boolean {
  const { ignore } = input.unit.drift;
  const before = found.find((one) => one.desired.id === desired.id);
  return (
    before !== undefined && jsonEqual(leftoversOf(live, ignore), leftoversOf(before.live, ignore))
  );
}

interface Equal {
  readonly desired: Desired;
  readonly live: KubeObject;
}

/** The objects as they are now; undefined where one differs from Git or is held as it is: what goes waits for that. */
async function readEqual(
  ports: PassPorts,
  asked: Omit<At, "applied"> & { readonly objects: readonly Desired[] },
  signal: AbortSignal,
): Promise<readonly Equal[] | undefined> {
  const { input } = asked;
  const planned = await planObjects(ports, asked, signal);
  const nowMs = ports.clock.now();
  const equal = planned.flatMap(({ desired, change }): readonly Equal[] => {
    if (change === "raced" || change.action !== "unchanged") return [];
    const { live } = change;
    if (live?.metadata.managedFields === undefined) return [];
    const differsSinceMs = input.memory.differsSinceMs.get(desired.id);
    const until = heldUntilMs(live, { unit: input.unit, nowMs, differsSinceMs });
    return until !== undefined && until > nowMs ? [] : [{ desired, live }];
  });
  return equal.length === asked.objects.length ? equal : undefined;
}

/** The later result of an object stands for it. */
export function withDropped(
  applied: readonly ChangeResult[],
  { results }: Dropped,
): readonly ChangeResult[] {
  const later = new Map(results.map((result) => [refId(result.change.ref), result]));
  return applied.map((result) => later.get(refId(result.change.ref)) ?? result);
}
