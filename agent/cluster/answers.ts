import { isJsonObject } from "../model/json.ts";
import { apiVersionOf, type KubeObject, type ObjectMeta } from "../model/object.ts";
import type { Page, ServedKind } from "./client.ts";
import { type Attempted, badAnswer } from "./no-answer.ts";

/** An answer that must be this object; anything else is no answer. */
export function objectOf(
  body: unknown,
  asked: { readonly served: ServedKind; readonly name: string; readonly namespace: string },
  attempted: Attempted,
): KubeObject {
  const object = typedObject(body);
  const { served, name, namespace } = asked;
  const is =
    object !== undefined &&
    object.kind === served.kind &&
    object.apiVersion === apiVersionOf(served.group, served.version) &&
    object.metadata.name === name &&
    (!served.namespaced || object.metadata.namespace === namespace);
  if (is) return object;
  throw badAnswer("the answer is not the object asked for", attempted);
}

/** A JSON value with kind, apiVersion and a name; its labels are what the API server checked. */
export function typedObject(body: unknown): KubeObject | undefined {
  if (!isJsonObject(body)) return undefined;
  const { apiVersion, kind, metadata } = body;
  if (typeof apiVersion !== "string" || typeof kind !== "string" || !isMeta(metadata))
    return undefined;
  return { ...body, apiVersion, kind, metadata };
}

function isMeta(metadata: unknown): metadata is ObjectMeta {
  return isJsonObject(metadata) && typeof metadata.name === "string";
}

/** An item of a list, or of a watch: the server leaves out kind and apiVersion, or says PartialObjectMetadata. */
export function itemOf(
  item: unknown,
  { group, version, kind }: ServedKind,
): KubeObject | undefined {
  if (!isJsonObject(item) || !isMeta(item.metadata)) return undefined;
  return { ...item, apiVersion: apiVersionOf(group, version), kind, metadata: item.metadata };
}

/** One page of a list, and where it goes on. */
export function pageOf(
  body: unknown,
  served: ServedKind,
  attempted: Attempted,
): { readonly page: Page; readonly token: string | undefined } {
  const list = isJsonObject(body) && isListKind(body.kind, served) ? body : {};
  const metadata = isJsonObject(list.metadata) ? list.metadata : {};
  const { resourceVersion, continue: token, remainingItemCount } = metadata;
  if (typeof resourceVersion !== "string") {
    throw badAnswer("the answer is not the list asked for", attempted);
  }
  return {
    page: {
      items: itemsOf(list.items ?? [], served, attempted), // `null` when there are none
      resourceVersion,
      remaining: typeof remainingItemCount === "number" ? remainingItemCount : undefined,
    },
    token: typeof token === "string" && token !== "" ? token : undefined,
  };
}

function itemsOf(raw: unknown, served: ServedKind, attempted: Attempted): readonly KubeObject[] {
  const items = Array.isArray(raw) ? raw.map((item) => itemOf(item, served)) : [undefined];
  const found = items.filter((item) => item !== undefined);
  if (found.length === items.length) return found;
  throw badAnswer("the answer is not a list of objects", attempted);
}

function isListKind(kind: unknown, served: ServedKind): boolean {
  return kind === `${served.kind}List` || kind === "PartialObjectMetadataList" || kind === "List";
}
