import type { JsonPatch, Patcher, Reader } from "../cluster/client.ts";
import { isConflict } from "../cluster/errors.ts";
import { type KubeObject, versionedRefOf, versionOf } from "../model/object.ts";
import { escapePointer } from "../plan/compare.ts";
import { type TakeOver, takeOver } from "../plan/take-over.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const tries = 5;

/** Takes our fields out of left-over kubectl entries, after our apply; a race reads again. */
export async function takeOverFields(
  hands: Patcher & Reader,
  object: KubeObject,
  signal: AbortSignal,
): Promise<KubeObject> {
  let current = object;
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const due = takeOver(current);
    if (due === undefined) return current;
    const patched = await patchOnce(hands, { current, due }, signal);
    if (patched !== undefined) return patched;
    current = (await hands.get(versionedRefOf(current), signal)) ?? current;
  }
  return current;
}

interface Attempt {
  readonly current: KubeObject;
  readonly due: TakeOver;
}

/** Undefined: somebody else wrote in between. */
async function patchOnce(
  hands: Patcher,
  { current, due }: Attempt,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const operations: JsonPatch[] = [
    { op: "replace", path: "/metadata/managedFields", value: due.managedFields },
  ];
  if (due.removeLastApplied) {
    operations.push({ op: "remove", path: `/metadata/annotations/${escapePointer(lastApplied)}` });
  }
  try {
    const at = versionedRefOf(current);
    return (await hands.patch(at, operations, versionOf(current), signal)).object;
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}
