import { gunzipSync } from "node:zlib";
import { type Discovery, servedKind } from "../../agent/cluster/client.ts";
import { isJsonObject, type JsonObject } from "../../agent/model/json.ts";
import type { GroupKind, KubeObject } from "../../agent/model/object.ts";
import type { Scope } from "../../agent/render/normalize.ts";
import packed from "../sandbox/schema/types.json" with { type: "json" };

export type ScopeTable = Pick<ReadonlyMap<string, Scope>, "has" | "get">;
export type ScopeOf = (kind: GroupKind) => Scope | undefined;

function keyOf({ group, kind }: GroupKind): string {
  return `${group}/${kind}`;
}

function items(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** Scopes of the kinds that Kubernetes itself serves, from the generated table: offline there is no discovery to ask. */
export function builtInScopes(): ReadonlyMap<string, Scope> {
  scopes ??= new Map([...builtIn()].map(([key, { scope }]) => [key, scope]));
  return scopes;
}

/** Scopes as a cluster serves them. */
export function servedScopes(discovery: Discovery): ScopeOf {
  return (kind) => {
    const served = servedKind(discovery, kind);
    if (served === undefined) return undefined;
    return served.namespaced ? "namespaced" : "cluster";
  };
}

/** How URLs call the built-in kinds, by `group/Kind`. */
export function builtInPlurals(): ReadonlyMap<string, string> {
  return new Map([...builtIn()].map(([key, { plural }]) => [key, plural]));
}

interface BuiltIn {
  readonly scope: Scope;
  readonly plural: string;
}

let scopes: ReadonlyMap<string, Scope> | undefined;
let table: ReadonlyMap<string, BuiltIn> | undefined;

function builtIn(): ReadonlyMap<string, BuiltIn> {
  table ??= readTable();
  return table;
}

function readTable(): ReadonlyMap<string, BuiltIn> {
  const stored: unknown = JSON.parse(
    gunzipSync(Buffer.from(packed.data, "base64")).toString("utf8"),
  );
  const groups = isJsonObject(stored) ? items(stored.groups) : [];
  return new Map(
    groups.flatMap(({ group, versions }) =>
      items(versions)
        .flatMap(({ resources }) => items(resources))
        .map(({ kind, namespaced, plural }): [string, BuiltIn] => [
          keyOf({ group: String(group), kind: String(kind) }),
          { scope: namespaced === true ? "namespaced" : "cluster", plural: String(plural) },
        ]),
    ),
  );
}

/** The scope that a CustomResourceDefinition gives to its kind; empty for any other object. */
export function definedScopes(objects: readonly KubeObject[]): ReadonlyMap<string, Scope> {
  return new Map(
    objects.flatMap((object): readonly [string, Scope][] => {
      const spec = object.spec;
      if (object.kind !== "CustomResourceDefinition" || !isJsonObject(spec)) return [];
      const names = isJsonObject(spec.names) ? spec.names : {};
      const key = keyOf({ group: String(spec.group), kind: String(names.kind) });
      return [[key, spec.scope === "Cluster" ? "cluster" : "namespaced"]];
    }),
  );
}

/** Looks a kind up in several tables, the first that knows it wins. */
export function scopesOf(...tables: readonly ScopeTable[]): ScopeOf {
  return (kind) => {
    const key = keyOf(kind);
    return tables.find((table) => table.has(key))?.get(key);
  };
}
