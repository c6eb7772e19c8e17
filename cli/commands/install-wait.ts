import type { ClusterClient } from "../../agent/cluster/client.ts";
import { isJsonObject } from "../../agent/model/json.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { listNames } from "../output/text.ts";
import type { CommandContext } from "./context.ts";
import type { Reached } from "./one-cluster.ts";
import { type ClusterStatus, readStatus } from "./read-status.ts";

/** How far the agent got; `app` undefined: no app is Synced yet. */
export interface Arrival {
  readonly app: UnitStatus | undefined;
  readonly isThere: boolean;
  /** What there is to say while nothing is Synced. */
  readonly saying: string;
}

const pollMs = 500;

/** Until the first app is Synced; where Git has none for this cluster, until the agent holds its lease. */
export async function untilFirstSynced(
  context: CommandContext,
  reached: Reached,
  apps: number | undefined,
): Promise<Arrival> {
  const { ports, terminal, signal } = context;
  let last: Arrival = { app: undefined, isThere: false, saying: "nothing was heard of the agent" };
  try {
    for (;;) {
      last = await look(context, reached);
      const isEnough = last.app !== undefined || (apps === 0 && last.isThere);
      if (isEnough) return last;
      terminal.progress(`${reached.cluster}: ${last.saying}`);
      await ports.clock.sleep(pollMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return last;
  }
}

async function look(context: CommandContext, reached: Reached): Promise<Arrival> {
  const { signal, options } = context;
  const status = await readStatus(context, reached, signal);
  const app = status.statuses.find(({ state }) => state === "Synced");
  const isThere = status.lease !== undefined;
  const saying = isThere
    ? appsSay(status)
    : await podsSay(reached.client, options.namespace, signal);
  return { app, isThere, saying };
}

function appsSay({ statuses }: ClusterStatus): string {
  if (statuses.length === 0) return "the agent runs, and has told of no app yet";
  return listNames(statuses.map(({ app, state, message }) => `${app} ${state}: ${message}`));
}

/** Why the agent does not run yet: what its pods wait for. */
async function podsSay(
  client: ClusterClient,
  namespace: string,
  signal: AbortSignal,
): Promise<string> {
  const labelSelector = "app.kubernetes.io/name=holdfast";
  const selection = { group: "", kind: "Pod", namespace, labelSelector };
  const waiting: string[] = [];
  let pods = 0;
  for await (const { items } of client.list(selection, signal)) {
    pods += items.length;
    waiting.push(...items.flatMap(({ status }) => waitingReasons(status)));
  }
  if (pods === 0) return "the agent has no pod yet";
  return waiting.length === 0 ? "the agent starts" : `the agent's pod: ${listNames(waiting)}`;
}

function waitingReasons(status: unknown): readonly string[] {
  if (!isJsonObject(status) || !Array.isArray(status.containerStatuses)) return [];
  const all: readonly unknown[] = status.containerStatuses;
  return all.flatMap((container) => {
    const state = isJsonObject(container) ? container.state : undefined;
    const waiting = isJsonObject(state) ? state.waiting : undefined;
    if (!isJsonObject(waiting)) return [];
    const message = typeof waiting.message === "string" ? `: ${waiting.message}` : "";
    return [`${waiting.reason}${message}`];
  });
}
