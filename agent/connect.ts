import { ApiError } from "./cluster/errors.ts";
import { retryDelayMs } from "./schedule/backoff.ts";
import type { AgentPorts, ClusterPorts } from "./world.ts";

/** Tries until the cluster can be reached, telling each time why not; undefined when aborted before. */
export async function connectWhenItAnswers(
  { clock, random, emit, connect }: AgentPorts,
  trouble: (message: string) => void,
  signal: AbortSignal,
): Promise<ClusterPorts | undefined> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      return await connect(signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiError)) throw error;
      trouble(error.message);
      emit({ type: "cluster-reachable", reachable: false, message: error.message });
      const waitMs = retryDelayMs("backoff", failures, random.next()) ?? 0;
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }
  return undefined;
}
