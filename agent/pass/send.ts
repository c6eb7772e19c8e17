import { apply } from "../apply/apply.ts";
import { ApiError } from "../cluster/errors.ts";
import type { Change, ChangeResult } from "../model/change.ts";
import { describeRef } from "../model/object.ts";
import type { Problem } from "../model/problem.ts";
import { ReconcileError } from "../model/reason.ts";
import { reasonOf } from "../plan/classify.ts";
import type { PassInput, PassPorts } from "./pass.ts";

interface Sending {
  readonly input: PassInput;
  readonly changes: readonly Change[];
  /** Hears of each result as it comes, and says what of it is kept. */
  readonly landed?: (result: ChangeResult) => ChangeResult;
}

/** Carries out changes. What they delete is saved first (P-83), all of it in one go; what is not saved is not deleted. */
export async function send(
  ports: PassPorts,
  sending: Sending,
  signal: AbortSignal,
): Promise<ChangeResult[]> {
  const { client, clock } = ports;
  const { landed } = sending;
  const hands = { ...client, clock, ...(landed !== undefined && { landed }) };
  return apply(hands, await keepFirst(ports, sending, signal), signal);
}

async function keepFirst(
  { kept }: PassPorts,
  { input: { unit, manifests }, changes }: Sending,
  signal: AbortSignal,
): Promise<readonly Change[]> {
  const doomed = changes.filter(
    (change) => change.action === "delete" || change.action === "recreate",
  );
  if (doomed.length === 0) return changes;
  const objects = doomed.map(({ live }) => live);
  try {
    await kept.keep({ app: unit.app, commit: manifests.commit.id, objects }, signal);
    return changes;
  } catch (error) {
    const cause = causeOf(error);
    const isDoomed = (change: Change) => doomed.some((one) => one === change);
    return changes.map((change) => (isDoomed(change) ? unkept(change, cause) : change));
  }
}

function causeOf(error: unknown): Pick<Problem, "reason" | "message"> {
  if (error instanceof ApiError) {
    return { reason: reasonOf(error.failure), message: error.failure.message };
  }
  if (error instanceof ReconcileError) return { reason: error.reason, message: error.message };
  throw error;
}

function unkept({ ref }: Change, { reason, message }: Pick<Problem, "reason" | "message">): Change {
  const said = `${describeRef(ref)} is not deleted, because no copy of it could be kept: ${message}`;
  return { action: "fail", ref, problem: { reason, message: said, ref } };
}
