import { documentApiVersion } from "../model/names.ts";
import type { KubeObject } from "../model/object.ts";
import type { UnitStatus } from "../model/status.ts";

/** The App object to write: metadata of `previous` is kept, so that it can be PUT; status at most 64 KiB. */
export function toAppObject(
  status: UnitStatus,
  namespace: string,
  previous?: KubeObject,
): KubeObject {
  return {
    apiVersion: documentApiVersion,
    kind: "App",
    metadata: { ...previous?.metadata, name: status.app, namespace },
  };
}

/** The other way round; undefined when the object bears no status of ours. */
export function fromAppObject(_object: KubeObject): UnitStatus | undefined {
  return undefined;
}
