import type { Reader } from "../cluster/client.ts";
import { ApiError } from "../cluster/errors.ts";
import type { Change } from "../model/change.ts";
import type { KubeObject } from "../model/object.ts";
import { type Asked, judge, type PlanContext, type Predicted } from "../plan/plan.ts";

/**
 * Steps 7 and 8 of semantics §1.2: the dry run of exactly the request to be sent, and what it says. Where the server
 * demands what an ignore rule left to somebody else, that is sent as it lives.
 */
export async function predictChange(
  client: Pick<Reader, "dryRun">,
  { asked, context }: { readonly asked: Asked; readonly context: PlanContext },
  signal: AbortSignal,
): Promise<Change | "raced"> {
  const { whole } = asked;
  const ask = (payload: KubeObject) => predict(() => client.dryRun(payload, asked.over, signal));
  const first = await ask(asked.payload);
  const isDemanded = !first.ok && first.failure.status === 422;
  if (!isDemanded || whole === undefined) return judge(asked, first, context);
  const second = await ask(whole);
  return second.ok
    ? judge({ ...asked, payload: whole }, second, context)
    : judge(asked, first, context);
}

async function predict(ask: () => Promise<{ readonly object: KubeObject }>): Promise<Predicted> {
  try {
    return { ok: true, object: (await ask()).object };
  } catch (error) {
    if (error instanceof ApiError) return { ok: false, failure: error.failure };
    throw error;
  }
}
