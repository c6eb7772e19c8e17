import { servedKind } from "../cluster/client.ts";
import { ApiError, isKindUnknown } from "../cluster/errors.ts";
import type { InventoryEntry } from "../model/inventory.ts";
import type { FreshRead } from "../plan/prune.ts";
import { defines } from "./definitions.ts";
import type { PassPorts } from "./pass.ts";

/**
 * A GET made for this decision. A kind that discovery does not know is gone only when its CRD is, too; one
 * that went since discovery was asked is looked for once more.
 */
export async function readFresh(
  ports: PassPorts,
  entry: InventoryEntry,
  signal: AbortSignal,
): Promise<FreshRead> {
  try {
    return await read(ports, entry, signal);
  } catch (error) {
    if (!isKindUnknown(error)) return failed(error);
  }
  try {
    await ports.refreshDiscovery(signal);
    return await read(ports, entry, signal);
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): FreshRead {
  if (error instanceof ApiError) return { found: "error", failure: error.failure };
  throw error;
}

async function read(
  ports: PassPorts,
  entry: InventoryEntry,
  signal: AbortSignal,
): Promise<FreshRead> {
  const { ref, version } = entry;
  const discovery = ports.discovery();
  const served = servedKind(discovery, ref, version) ?? servedKind(discovery, ref);
  if (served !== undefined) {
    const object = await ports.client.get({ ...ref, version: served.version }, signal);
    return object === undefined ? { found: "nothing" } : { found: "object", object };
  }
  const isGone =
    !discovery.unknownGroups.has(ref.group) && (await isUndefined(ports, entry, signal));
  return isGone ? { found: "kind-removed" } : unanswered(`${ref.kind} is not served now`);
}

/** Whether no CRD defines the kind. One whose plural was never learnt is looked for among all. */
async function isUndefined(
  { client }: PassPorts,
  { ref: { group, kind }, plural }: InventoryEntry,
  signal: AbortSignal,
): Promise<boolean> {
  const crd = { group: "apiextensions.k8s.io", kind: "CustomResourceDefinition" };
  if (plural !== "") {
    const name = `${plural}.${group}`;
    return (await client.get({ ...crd, version: "v1", namespace: "", name }, signal)) === undefined;
  }
  for await (const { items } of client.list(crd, signal)) {
    if (items.some((item) => defines(item, { group, kind }))) return false;
  }
  return true;
}

function unanswered(message: string): FreshRead {
  return {
    found: "error",
    failure: { status: 0, reason: "KindUnknown", message, causes: [], indeterminate: false },
  };
}
