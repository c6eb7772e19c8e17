import { isJsonObject, parseJson } from "../model/json.ts";
import { type RequestKind, requestAnnotation, requestKinds } from "../model/names.ts";
import type { KubeObject } from "../model/object.ts";

/** Something a person asked for by annotation (P-85). */
export interface AppRequest {
  readonly kind: RequestKind;
  readonly id: string;
  /** ISO 8601 */
  readonly at: string;
  readonly plan?: string;
  /** `restore`: the commit that dropped them. */
  readonly from?: string;
  /** `rollback`: which kept render, by the beginning of its digest or commit. */
  readonly to?: string;
  readonly objects?: readonly string[];
  readonly reason?: string;
  readonly until?: string;
  /** Who asks: what the client says of itself. */
  readonly by?: string;
}

/** Requests as asked; one that cannot be read is left out, its kind named in `unreadable`. */
export function requestsOf(object: KubeObject): {
  readonly requests: readonly AppRequest[];
  readonly unreadable: readonly RequestKind[];
} {
  const requests: AppRequest[] = [];
  const unreadable: RequestKind[] = [];
  for (const kind of requestKinds) {
    const text = object.metadata.annotations?.[requestAnnotation(kind)];
    if (text === undefined) continue;
    const request = requestOf(kind, text);
    if (request === undefined) unreadable.push(kind);
    else requests.push(request);
  }
  return { requests, unreadable };
}

function requestOf(kind: RequestKind, text: string): AppRequest | undefined {
  const body = parsed(text);
  if (!isJsonObject(body)) return undefined;
  const { id, at, plan, from, to, objects, reason, until, by } = body;
  if (typeof id !== "string" || id === "" || typeof at !== "string") return undefined;
  const said = { plan, from, to, reason, until, by };
  if (!Object.values(said).every(isTextOrAbsent) || !isTextsOrAbsent(objects)) return undefined;
  const texts = Object.entries(said).filter(([, value]) => value !== undefined);
  return { kind, id, at, ...Object.fromEntries(texts), ...(objects !== undefined && { objects }) };
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

function isTextsOrAbsent(value: unknown): value is readonly string[] | undefined {
  if (value === undefined) return true;
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
