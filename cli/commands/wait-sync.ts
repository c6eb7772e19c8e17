import type { ClusterClient } from "../../agent/cluster/client.ts";
import { type KubeObject, versionedRefOf } from "../../agent/model/object.ts";
import { needsAttention } from "../../agent/model/state.ts";
import type { UnitStatus } from "../../agent/model/status.ts";
import { fromAppObject } from "../../agent/status/app-object.ts";
import type { SyncResult } from "../output/sync-text.ts";
import type { CommandContext } from "./context.ts";
import type { Target } from "./targets.ts";

export interface Waiting {
  readonly client: ClusterClient;
  readonly target: Target;
  readonly objects: readonly KubeObject[];
  /** Of the request. */
  readonly id: string;
}

const pollMs = 500;

/** Until every unit has obeyed the request and is Synced, or is in a state that waiting does not end. */
export async function waitForSync(
  context: CommandContext,
  { client, target, objects, id }: Waiting,
  signal: AbortSignal,
): Promise<readonly SyncResult[]> {
  return await Promise.all(
    objects.map(async (object) => {
      for (;;) {
        const result = await lookAt({ client, target, object, id }, signal);
        if (result !== undefined) return result;
        await context.ports.clock.sleep(pollMs, signal);
      }
    }),
  );
}

interface One {
  readonly client: ClusterClient;
  readonly target: Target;
  readonly object: KubeObject;
  readonly id: string;
}

async function lookAt(
  { client, target: { cluster }, object, id }: One,
  signal: AbortSignal,
): Promise<SyncResult | undefined> {
  const app = object.metadata.name;
  const now = await client.get(versionedRefOf(object), signal);
  const status = now === undefined ? undefined : fromAppObject(now);
  if (status === undefined || status.handled.sync !== id || isOnItsWay(status)) return undefined;
  const { state, reason, message } = status;
  const outcome = needsAttention(state) ? "ended" : "synced";
  return { cluster, app, outcome, state, message: `${reason}, ${message}` };
}

function isOnItsWay({ state }: UnitStatus): boolean {
  return state === "Progressing";
}
