import { isJsonObject } from "../../agent/model/json.ts";
import { type ForgeKind, forgeKinds } from "../forge/forge.ts";
import type { ForgeSetting } from "../forge/place.ts";

/** `forges: { git.acme.example: { kind: gitea, api: https://…, tokenFile: … } }` of the user's configuration. Throws an Error that says what is wrong. */
export function parseForges(value: unknown): ReadonlyMap<string, ForgeSetting> {
  if (value === undefined || value === null) return new Map();
  if (!isJsonObject(value)) throw new Error("forges must map hosts to their kind");
  return new Map(Object.entries(value).map(([host, one]) => [host, settingOf(host, one)]));
}

const known = ["kind", "api", "tokenFile"];

function settingOf(host: string, value: unknown): ForgeSetting {
  const name = `forges.${host}`;
  if (!isJsonObject(value)) throw new Error(`${name} must be a map`);
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new Error(`${name} has unknown fields: ${unknown.join(", ")}`);
  const api = textAt(value.api, `${name}.api`);
  if (api !== undefined && !/^https?:/.test(api)) throw new Error(`${name}.api must be an address`);
  const tokenFile = textAt(value.tokenFile, `${name}.tokenFile`);
  return {
    kind: kindAt(value.kind, name),
    ...(api === undefined ? {} : { api }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
  };
}

function kindAt(value: unknown, name: string): ForgeKind {
  const kind = forgeKinds.find((one) => one === value);
  if (kind !== undefined) return kind;
  throw new Error(`${name}.kind must be one of ${forgeKinds.join(", ")}`);
}

function textAt(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new Error(`${name} must be a text`);
}
