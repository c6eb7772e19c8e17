import { ApiError } from "../cluster/errors.ts";
import { retryDelayMs } from "../schedule/backoff.ts";
import type { AgentPorts, ClusterPorts } from "../world.ts";

type Trouble = (message: string) => void;

/**
 * One connection after another until aborted, each from the beginning. The second comes at once, more of them later and
 * later: of API servers behind one address some may still serve what was before a restore (C-18).
 */
export async function* connections(
  ports: AgentPorts,
  trouble: Trouble,
  signal: AbortSignal,
): AsyncGenerator<ClusterPorts, void, undefined> {
  for (let before = 0; !signal.aborted; before += 1) {
    if (before > 1) await backOff(ports, before - 1, signal);
    const cluster = await connectWhenItAnswers(ports, trouble, signal);
    if (cluster !== undefined) yield cluster;
  }
}

/** Tries until the cluster can be reached, telling each time why not; undefined when aborted before. */
async function connectWhenItAnswers(
  ports: AgentPorts,
  trouble: Trouble,
  signal: AbortSignal,
): Promise<ClusterPorts | undefined> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      return await ports.connect(signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiError)) throw error;
      trouble(error.message);
      ports.emit({ type: "cluster-reachable", reachable: false, message: error.message });
      await backOff(ports, failures, signal);
    }
  }
  return undefined;
}

async function backOff(
  { clock, random }: AgentPorts,
  failures: number,
  signal: AbortSignal,
): Promise<void> {
  const waitMs = retryDelayMs("backoff", failures, random.next()) ?? 0;
  await clock.sleep(waitMs, signal).catch(() => undefined);
}
