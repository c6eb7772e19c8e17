import { isConflict, isForbidden } from "../cluster/errors.ts";
import type { Desired } from "../model/change.ts";
import type { VersionedRef } from "../model/object.ts";
import { ReconcileError } from "../model/reason.ts";
import type { PassInput, PassPorts } from "./pass.ts";

/** the app's own namespace, when nothing declares it, is made bare before the first dry run; never updated, never ours. */
export async function ensureNamespace(
  ports: PassPorts,
  { unit, manifests, memory }: PassInput,
  signal: AbortSignal,
): Promise<void> {
  const { desired } = manifests;
  const isDeclared = desired.some(
    ({ ref }) => ref.group === "" && ref.kind === "Namespace" && ref.name === unit.namespace,
  );
  const isMember = ({ ref }: Desired): boolean => ref.namespace === unit.namespace;
  const members = desired.filter(isMember);
  const isProven = members.length > 0 && members.every(({ id }) => memory.proofs.has(id));
  const isUsed = members.length > 0 || manifests.hooks.some(isMember);
  if (isDeclared || isProven || !isUsed) return;
  const ref = { group: "", version: "v1", kind: "Namespace", namespace: "", name: unit.namespace };
  if (await isThere(ports, ref, signal)) return;
  try {
    await ports.client.create(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: unit.namespace } },
      signal,
    );
  } catch (error) {
    if (isForbidden(error)) throw noNamespace(unit.namespace);
    if (!isConflict(error)) throw error; // somebody else made it meanwhile
  }
}

/** P-43: who may not look takes it for there; if it is not, the first object says so. */
async function isThere(
  { client }: PassPorts,
  ref: VersionedRef,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await client.get(ref, signal)) !== undefined;
  } catch (error) {
    if (isForbidden(error)) return true;
    throw error;
  }
}

function noNamespace(name: string): ReconcileError {
  return new ReconcileError(
    "NamespaceUnavailable",
    `namespace ${name} does not exist, and the agent may not make it: kubectl create namespace ${name}`,
  );
}
