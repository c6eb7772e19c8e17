import { isJsonObject, type JsonObject, parseJson, writeJson } from "../model/json.ts";
import type { Manifests } from "./manifests.ts";

/** Raised when an older agent could not read it rightly. */
const format = 1;

/** A render as text, with the unit it was made for: it can be applied where nothing else is known. */
export function writeRender(manifests: Manifests): string {
  return writeJson({ format, manifests });
}

/** Undefined: of a newer format. What was sealed by us is as we wrote it. */
export function readRender(text: string): Manifests | undefined {
  const content = parseJson(text);
  if (!isJsonObject(content) || content.format !== format) return undefined;
  const { manifests } = content;
  return isJsonObject(manifests) ? (manifests as Manifests & JsonObject) : undefined;
}
