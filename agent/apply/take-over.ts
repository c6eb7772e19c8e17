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
    const patched = await unlessRaced(takeOverOnce(hands, { object: current, due }, signal));
    if (patched !== undefined) return patched;
    current = (await hands.get(versionedRefOf(current), signal)) ?? current;
  }
  return current;
}

interface Attempt {
  readonly object: KubeObject;
  readonly due: TakeOver;
}

/** One patch over exactly the version that was read; an ApiError 409 means: somebody else wrote in between. */
export async function takeOverOnce(
  hands: Patcher,
  { object, due }: Attempt,
  signal: AbortSignal,
): Promise<KubeObject> {
  const operations: JsonPatch[] = [
    { op: "replace", path: "/metadata/managedFields", value: due.managedFields },
  ];
  if (due.removeLastApplied) {
    operations.push({ op: "remove", path: `/metadata/annotations/${escapePointer(lastApplied)}` });
  }
  return (await hands.patch(versionedRefOf(object), operations, versionOf(object), signal)).object;
}

async function unlessRaced(patch: Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await patch;
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}
