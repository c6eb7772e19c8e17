import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { KubeObject } from "../model/object.ts";

/**
 * N-2: `stringData` becomes `data`, since server-side apply would leave keys behind that it drops; line breaks in base64
 * go. Values that are no strings stay as they are, so that the server refuses them.
 */
export function normalizeSecret(secret: KubeObject): KubeObject {
  const { data, stringData, ...rest } = secret;
  const encoded = isJsonObject(stringData) ? mapValues(stringData, encode) : {};
  const own = isJsonObject(data) ? mapValues(data, unwrapped) : {};
  const isKept = data !== undefined && data !== null;
  const merged = { ...own, ...encoded };
  const hasData = isKept || Object.keys(merged).length > 0;
  return { ...rest, ...identity(secret), ...(hasData ? { data: merged } : {}) };
}

function identity({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, metadata };
}

function mapValues(map: JsonObject, edit: (value: unknown) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, edit(value)]));
}

function encode(value: unknown): unknown {
  if (value === null) return "";
  return typeof value === "string" ? base64(value) : value;
}

function unwrapped(value: unknown): unknown {
  if (value === null) return "";
  return typeof value === "string" ? value.replace(/[\r\n]/g, "") : value;
}

/** Of the UTF-8 bytes of a text. */
export function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
