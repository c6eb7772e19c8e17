import type { Reviewer } from "../../agent/cluster/client.ts";
import { ApiError } from "../../agent/cluster/errors.ts";

/** As whom the cluster knows us; undefined where it does not tell. */
export async function whoAmI(
  client: Pick<Reviewer, "whoami">,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await client.whoami(signal);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}
