import { type Discovery, servedKind } from "../../agent/cluster/client.ts";
import { isJsonObject } from "../../agent/model/json.ts";
import type { GroupKind, KubeObject } from "../../agent/model/object.ts";
import { builtInPlurals } from "./scopes.ts";

/** How URLs call a kind; a guess where neither Kubernetes nor a definition at hand says it. */
export interface Plural {
  readonly plural: string;
  readonly isGuess: boolean;
}

export type PluralOf = (kind: GroupKind) => Plural;

/** Offline: what Kubernetes serves itself, and what CustomResourceDefinitions among the objects define. */
export function offlinePlurals(objects: readonly KubeObject[]): PluralOf {
  const known = builtInPlurals();
  const defined = new Map(objects.flatMap(definedPlural));
  return (kind) => {
    const key = `${kind.group}/${kind.kind}`;
    const plural = known.get(key) ?? defined.get(key);
    return plural === undefined ? guess(kind) : { plural, isGuess: false };
  };
}

/** As the cluster serves them; what it does not serve yet may be defined by the objects. */
export function servedPlurals(discovery: Discovery, objects: readonly KubeObject[]): PluralOf {
  const offline = offlinePlurals(objects);
  return (kind) => {
    const served = servedKind(discovery, kind);
    return served === undefined ? offline(kind) : { plural: served.plural, isGuess: false };
  };
}

function definedPlural({ kind, spec }: KubeObject): readonly (readonly [string, string])[] {
  if (kind !== "CustomResourceDefinition" || !isJsonObject(spec)) return [];
  const names = isJsonObject(spec.names) ? spec.names : {};
  return [[`${spec.group}/${names.kind}`, String(names.plural)]];
}

/** As most definitions are named: policies, ingresses, gateways. */
function guess({ kind }: GroupKind): Plural {
  const singular = kind.toLowerCase();
  if (/[^aeiou]y$/.test(singular)) return { plural: `${singular.slice(0, -1)}ies`, isGuess: true };
  const ending = /(s|x|z|ch|sh)$/.test(singular) ? "es" : "s";
  return { plural: `${singular}${ending}`, isGuess: true };
}
