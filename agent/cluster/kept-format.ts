import { gunzipSync, gzipSync } from "node:zlib";
import { canonicalJson, isJsonObject, type JsonObject, parseJson } from "../model/json.ts";
import { type KubeObject, type ObjectRef, parseRefId, refId, refOf } from "../model/object.ts";
import type { Sealer } from "./seal.ts";

/** One object as it last lived. Of a Secret nothing but its identity is in clear (NEG-33). */
export type KeptObject =
  | { readonly ref: ObjectRef; readonly object: KubeObject; readonly sealed?: never }
  | { readonly ref: ObjectRef; readonly object?: never; readonly sealed: string };

/** What one commit dropped from one app. */
export interface KeptRecord {
  readonly app: string;
  readonly commit: string;
  /** ISO 8601: when the first of it was saved. */
  readonly at: string;
  readonly objects: readonly KeptObject[];
}

const format = 1;

/** A Secret holds 1 MiB; the rest is for metadata. */
export const recordCapBytes = 900 * 1024;

/** A small file must not become all of memory. */
const largestBytes = 64 * 2 ** 20;

export function encodeRecord({ app, commit, at, objects }: KeptRecord): Uint8Array {
  const kept = objects.map(({ ref, object, sealed }) => ({
    id: refId(ref),
    ...(object === undefined ? { sealed } : { object }),
  }));
  return gzipSync(canonicalJson({ format, app, commit, at, objects: kept }));
}

/** Undefined: not ours, or of a newer format. */
export function decodeRecord(bytes: Uint8Array): KeptRecord | undefined {
  const content = contentOf(bytes);
  if (content?.format !== format || !Array.isArray(content.objects)) return undefined;
  const { app, commit, at } = content;
  if (typeof app !== "string" || typeof commit !== "string" || typeof at !== "string") {
    return undefined;
  }
  return { app, commit, at, objects: content.objects.flatMap((one: unknown) => keptOf(one) ?? []) };
}

function contentOf(bytes: Uint8Array): JsonObject | undefined {
  try {
    const content = parseJson(gunzipSync(bytes, { maxOutputLength: largestBytes }).toString());
    return isJsonObject(content) ? content : undefined;
  } catch {
    return undefined; // not gzip, or not JSON: a copy that cannot be read is no copy
  }
}

function keptOf(value: unknown): KeptObject | undefined {
  if (!isJsonObject(value) || typeof value.id !== "string") return undefined;
  const ref = parseRefId(value.id);
  if (ref === undefined) return undefined;
  if (typeof value.sealed === "string") return { ref, sealed: value.sealed };
  const object = objectIn(value.object);
  return object === undefined ? undefined : { ref, object };
}

/** We wrote it as an object, so it is one. */
function objectIn(value: unknown): KubeObject | undefined {
  return isJsonObject(value) ? (value as KubeObject & JsonObject) : undefined;
}

/** The live object as it is kept: Secrets sealed, nobody's book-keeping. */
export function keepObject(live: KubeObject, sealer: Sealer): KeptObject {
  const ref = refOf(live);
  const { managedFields: _fields, ...metadata } = live.metadata;
  const object = { ...live, metadata };
  if (ref.group !== "" || ref.kind !== "Secret") return { ref, object };
  const packed = gzipSync(canonicalJson(object)).toString("base64");
  return { ref, sealed: sealer.seal(packed, refId(ref)) };
}

/** Undefined: it was sealed with a key that is no longer there. */
export function openObject(
  { ref, object, sealed }: KeptObject,
  sealer: Sealer,
): KubeObject | undefined {
  if (object !== undefined) return object;
  const packed = sealer.open(sealed, refId(ref));
  return packed === undefined ? undefined : objectIn(contentOf(Buffer.from(packed, "base64")));
}
