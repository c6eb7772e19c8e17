import type { KubeObject } from "../model/object.ts";
import { appCrd } from "../status/app-crd.ts";
import type { Owner, Reader } from "./client.ts";
import { isConflict, isForbidden } from "./errors.ts";

/** Our own namespace and the App CRD, where nobody installed them; who may not make them has a chart that did (P-84). */
export async function ensureFootprint(
  client: Reader & Owner,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  const own: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  const ref = { group: "", version: "v1", kind: "Namespace", namespace: "", name: namespace };
  await ensure(client, { object: own, ref }, signal);
  const crd = {
    group: "apiextensions.k8s.io",
    version: "v1",
    kind: "CustomResourceDefinition",
    namespace: "",
    name: appCrd.metadata.name,
  };
  await ensure(client, { object: appCrd, ref: crd }, signal);
}

interface Wanted {
  readonly object: KubeObject;
  readonly ref: Parameters<Reader["get"]>[0];
}

async function ensure(
  client: Reader & Owner,
  { object, ref }: Wanted,
  signal: AbortSignal,
): Promise<void> {
  try {
    if ((await client.get(ref, signal)) === undefined) await client.create(object, signal);
  } catch (error) {
    if (!isForbidden(error) && !isConflict(error)) throw error;
  }
}
