import { jsonEqual } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";
import type { Owner, Reader } from "./client.ts";
import { isConflict } from "./errors.ts";

/** A value and the version of the object it was read from. */
export interface Stored<T> {
  readonly value: T;
  readonly resourceVersion: string;
}

/** POST without `over`, else PUT of that version. After a 409 our own content counts as done, else the conflict is thrown (P-13). */
export async function store(
  client: Owner & Reader,
  { object, over }: { readonly object: KubeObject; readonly over: string | undefined },
  signal: AbortSignal,
): Promise<KubeObject> {
  try {
    return over === undefined
      ? await client.create(object, signal)
      : await client.replace(
          { ...object, metadata: { ...object.metadata, resourceVersion: over } },
          undefined,
          signal,
        );
  } catch (error) {
    if (!isConflict(error)) throw error;
    const { name, namespace = "" } = object.metadata;
    const ref = { group: "", version: "v1", kind: object.kind, namespace, name };
    const found = await client.get(ref, signal);
    if (found !== undefined && sameContent(found, object)) return found;
    throw error;
  }
}

function sameContent(found: KubeObject, ours: KubeObject): boolean {
  return (
    jsonEqual(found.data, ours.data) &&
    jsonEqual(found.binaryData, ours.binaryData) &&
    jsonEqual(found.metadata.labels, ours.metadata.labels) &&
    jsonEqual(found.metadata.annotations, ours.metadata.annotations)
  );
}

/** Of an object that a server answered with. */
export function versionedAt(object: KubeObject): string {
  const { resourceVersion, name } = object.metadata;
  if (resourceVersion === undefined) throw new Error(`${name} has no resourceVersion.`);
  return resourceVersion;
}
