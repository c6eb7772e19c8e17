import { type KubeObject, versionedRefOf } from "../../agent/model/object.ts";
import { fromAppObject } from "../../agent/status/app-object.ts";
import type { CommandContext, ConnectedCluster } from "./context.ts";

const pollMs = 300;
const patienceMs = 10_000;

export interface Obeying {
  readonly there: Pick<ConnectedCluster, "client">;
  /** The App object that bears the request. */
  readonly object: KubeObject;
  readonly kind: string;
  readonly id: string;
}

/** Waits a little until the agent says that it obeyed (P-85), or the App object went; a busy agent obeys later: false. */
export async function untilObeyed(
  { ports: { clock } }: CommandContext,
  { there: { client }, object, kind, id }: Obeying,
  signal: AbortSignal,
): Promise<boolean> {
  const end = clock.monotonic() + patienceMs;
  while (clock.monotonic() < end) {
    const now = await client.get(versionedRefOf(object), signal);
    if (now === undefined || fromAppObject(now)?.handled[kind] === id) return true;
    await clock.sleep(pollMs, signal);
  }
  return false;
}
