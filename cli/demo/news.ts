import type { Emit } from "../../agent/model/event.ts";
import { states } from "../../agent/model/state.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { escapeLine } from "../output/escape.ts";
import type { ClusterName } from "./clusters.ts";

/** What the agents tell, as lines for people: one per change of a state. */
export interface News {
  ear(cluster: ClusterName): Emit;
  /** Lines as they come, until aborted. */
  lines(signal: AbortSignal): AsyncGenerator<string, void>;
}

export function createNews(): News {
  const waiting: string[] = [];
  let wake = () => {};
  return {
    ear: (cluster) => (event) => {
      const line = event.type === "status" ? lineOf(cluster, event) : errorLine(cluster, event);
      if (line === undefined) return;
      waiting.push(line);
      wake();
    },
    async *lines(signal) {
      while (!signal.aborted) {
        yield* waiting.splice(0);
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
        if (waiting.length === 0) await promise;
      }
    },
  };
}

interface Move {
  readonly before: UnitStatus | undefined;
  readonly after: UnitStatus;
}

function lineOf(cluster: ClusterName, { before, after }: Move): string | undefined {
  const isSame = before?.state === after.state && before.reason === after.reason;
  if (isSame) return undefined;
  const { state, reason, message } = after;
  const why = message === "" ? reason : `${reason}: ${message}`;
  return escapeLine(
    `${cluster.padEnd(8)} ${after.app.padEnd(5)} ${states[state].glyph} ${state}  ${why}`,
  );
}

function errorLine(cluster: ClusterName, event: Parameters<Emit>[0]): string | undefined {
  return event.type === "error"
    ? escapeLine(`${cluster.padEnd(8)} error  ${event.message}`)
    : undefined;
}
