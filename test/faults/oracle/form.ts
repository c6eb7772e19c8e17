import { isJsonObject, type JsonObject } from "../../../agent/model/json.ts";
import { installationLabel, ownerAnnotation, partOfLabel } from "../../../agent/model/names.ts";

const ours = new Set([ownerAnnotation, installationLabel, partOfLabel]);

/**
 * One form for what Git says and for what was sent: without mark, labels and the version that a write was planned
 * against, and with what normalisation writes out (semantics §2.2) written out on both sides.
 */
export function commonForm(object: unknown): unknown {
  if (!isJsonObject(object) || !isJsonObject(object.metadata)) return object;
  const { uid: _uid, resourceVersion: _version, ...metadata } = object.metadata;
  return withProtocols(
    withPlainData({
      ...object,
      metadata: {
        ...metadata,
        labels: without(metadata.labels),
        annotations: without(metadata.annotations),
      },
    }),
  );
}

function without(map: unknown): unknown {
  const entries = isJsonObject(map) ? Object.entries(map) : [];
  return Object.fromEntries(entries.filter(([key]) => !ours.has(key)));
}

/** `stringData` is `data`. */
function withPlainData(object: JsonObject): JsonObject {
  const { stringData, data, ...rest } = object;
  if (object.kind !== "Secret") return object;
  const given = isJsonObject(stringData) ? Object.entries(stringData) : [];
  const encoded = given.map(([key, text]) => [key, Buffer.from(String(text)).toString("base64")]);
  return { ...rest, data: { ...(isJsonObject(data) ? data : {}), ...Object.fromEntries(encoded) } };
}

/** A port without protocol is a TCP port. */
function withProtocols(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => withProtocols(item));
    return key === "ports"
      ? items.map((item) => (isJsonObject(item) ? { protocol: "TCP", ...item } : item))
      : items;
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withProtocols(item, name)]),
  );
}
