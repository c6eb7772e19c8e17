import { isJsonObject } from "../../agent/model/json.ts";
import { leaseName } from "../../agent/model/names.ts";
import type { CommandContext } from "./context.ts";
import type { Reached } from "./one-cluster.ts";

const pollMs = 500;

/** Until nobody writes here any more: the agent's pods are gone, and its Lease is given up or has run out. */
export async function untilSilent(context: CommandContext, reached: Reached): Promise<void> {
  const { ports, signal, terminal } = context;
  while (!(await isSilent(context, reached))) {
    terminal.progress(`${reached.cluster}: waiting for the agent to end`);
    await ports.clock.sleep(pollMs, signal);
  }
}

async function isSilent(
  { ports, options, signal }: CommandContext,
  { client }: Reached,
): Promise<boolean> {
  const { namespace } = options;
  const labelSelector = "app.kubernetes.io/name=holdfast";
  for await (const { items } of client.list(
    { group: "", kind: "Pod", namespace, labelSelector },
    signal,
  )) {
    if (items.length > 0) return false;
  }
  const kind = { group: "coordination.k8s.io", version: "v1", kind: "Lease" };
  const lease = await client.get({ ...kind, namespace, name: leaseName }, signal);
  const spec = isJsonObject(lease?.spec) ? lease.spec : {};
  const { holderIdentity, renewTime, leaseDurationSeconds } = spec;
  const isHeld = typeof holderIdentity === "string" && holderIdentity !== "";
  if (!isHeld || typeof renewTime !== "string") return true;
  return ports.clock.now() >= Date.parse(renewTime) + Number(leaseDurationSeconds ?? 45) * 1000;
}
