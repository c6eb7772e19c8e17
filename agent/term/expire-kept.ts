import { ApiError } from "../cluster/errors.ts";
import { crashEvent } from "../crash.ts";
import type { World } from "../world.ts";

const dayMs = 24 * 3_600_000;

/** Lets go of copies whose time is over (P-83, semantics §12): at the start of a term, and then once a day. */
export async function expireKept(
  { cluster, ports: { clock, emit } }: Pick<World, "cluster" | "ports">,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await cluster.kept.expire(signal);
    } catch (error) {
      // Without an answer it is tried tomorrow; the pass tells what is wrong with the API server.
      if (!signal.aborted && !(error instanceof ApiError)) emit(crashEvent(error));
    }
    await clock.sleep(dayMs, signal).catch(() => undefined);
  }
}
