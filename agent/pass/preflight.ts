import { ApiError } from "../cluster/errors.ts";
import type { Change, Desired } from "../model/change.ts";
import type { Inventory } from "../model/inventory.ts";
import type { Problem } from "../model/problem.ts";
import { reasonInfo } from "../model/reason.ts";
import { problemOf } from "../plan/classify.ts";
import { planObjects } from "./observe.ts";
import type { PassInput, PassPorts } from "./pass.ts";
import { unservedChange } from "./served.ts";

interface At {
  readonly input: PassInput;
  readonly inventory: Inventory;
}

/**
 * before the first hook of a change runs, all that it would write is dry-run: what the server refuses for good must
 * not come out after a migration. By id. What only the change itself makes possible is not asked for.
 */
export async function refusedBeforehand(
  ports: PassPorts,
  at: At,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Problem>> {
  const { input, inventory } = at;
  if (!isAboutToRunHooks(at)) return new Map();
  const objects = input.manifests.desired.filter(
    (one) =>
      inventory.entries.get(one.id)?.digest !== one.digest &&
      !isAdmittedByOthers(one) &&
      unservedChange(ports.discovery(), one) === undefined,
  );
  const planned = await planObjects(ports, { input, inventory, objects }, signal);
  const asked = await Promise.all(
    planned.map(async ({ desired, change }) => {
      const problem = await problemWith(ports, { desired, change }, signal);
      return problem !== undefined && isForGood(problem) ? [[desired.id, problem] as const] : [];
    }),
  );
  return new Map(asked.flat());
}

function isAboutToRunHooks({ input, inventory }: At): boolean {
  const runs = [...(inventory.hooks?.values() ?? [])].filter(
    ({ phase, digest }) => phase === "pre" && digest === input.manifests.digest,
  );
  return (
    input.gate === undefined && runs.length > 0 && runs.every(({ state }) => state === "intent")
  );
}

/** A Pod's account and class must be there before it, so its dry run would be refused for what is only to come. */
function isAdmittedByOthers({ ref }: Desired): boolean {
  return ref.group === "" && ref.kind === "Pod";
}

interface Planned {
  readonly desired: Desired;
  readonly change: Change | "raced";
}

async function problemWith(
  { client }: PassPorts,
  { desired, change }: Planned,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  if (change === "raced") return undefined;
  if (change.action === "fail") return change.problem;
  if (change.action !== "create") return undefined;
  try {
    await client.dryRun(desired.object, undefined, signal);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return problemOf(error.failure, desired);
    throw error;
  }
}

function isForGood({ reason }: Problem): boolean {
  return reasonInfo(reason).retry === "slow";
}
