import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { ServedKind } from "./client.ts";
import type { Answer } from "./exchange.ts";
import type { ApiRequest } from "./requests.ts";

/** Asks one thing of the server that has no kind. */
export type Ask = (request: ApiRequest) => Promise<Answer>;

/** One group at one version, as the server lists it. */
export interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly fresh: boolean;
  readonly kinds: readonly ServedKind[];
}

/** `items` of any list answer. */
export function itemsOf(body: unknown): readonly JsonObject[] {
  return isJsonObject(body) ? objects(body.items) : [];
}

export function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
