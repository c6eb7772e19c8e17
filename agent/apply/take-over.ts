import type { JsonPatch, Patcher, Reader } from "../cluster/client.ts";
import { isConflict } from "../cluster/errors.ts";
import { type KubeObject, versionedRefOf, versionOf } from "../model/object.ts";
import { escapePointer, pointerSegments, valueAt } from "../plan/compare.ts";
import { type TakeOver, takeOver } from "../plan/take-over.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const tries = 5;

interface Taken {
  readonly object: KubeObject;
  /** Marks of a former tool, as JSON pointers; set: a person let us take the object over (P-60). */
  readonly strips: readonly string[] | undefined;
}

/** Takes our fields out of left-over entries, and a former tool's marks off, after our apply; a race reads again. */
export async function takeOverFields(
  hands: Patcher & Reader,
  { object, strips }: Taken,
  signal: AbortSignal,
): Promise<KubeObject> {
  let current = object;
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const operations = operationsOn(current, takeOver(current, strips !== undefined), strips);
    if (operations.length === 0) return current;
    const patched = await unlessRaced(patch(hands, { object: current, operations }, signal));
    if (patched !== undefined) return patched;
    current = (await hands.get(versionedRefOf(current), signal)) ?? current;
  }
  return current;
}

/** One patch over exactly the version that was read; an ApiError 409 means: somebody else wrote in between. */
export async function takeOverOnce(
  hands: Patcher,
  { object, due }: { readonly object: KubeObject; readonly due: TakeOver },
  signal: AbortSignal,
): Promise<KubeObject> {
  return patch(hands, { object, operations: operationsOn(object, due) }, signal);
}

function operationsOn(
  object: KubeObject,
  due: TakeOver | undefined,
  strips: readonly string[] = [],
): readonly JsonPatch[] {
  const removals = [
    ...(due?.removeLastApplied ? [`/metadata/annotations/${escapePointer(lastApplied)}`] : []),
    ...strips.filter((pointer) => valueAt(object, pointerSegments(pointer)) !== undefined),
  ];
  return [
    ...(due === undefined
      ? []
      : [{ op: "replace", path: "/metadata/managedFields", value: due.managedFields } as const]),
    ...removals.map((path) => ({ op: "remove", path }) as const),
  ];
}

interface Patch {
  readonly object: KubeObject;
  readonly operations: readonly JsonPatch[];
}

async function patch(
  hands: Patcher,
  { object, operations }: Patch,
  signal: AbortSignal,
): Promise<KubeObject> {
  return (await hands.patch(versionedRefOf(object), operations, versionOf(object), signal)).object;
}

async function unlessRaced(patching: Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await patching;
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}
