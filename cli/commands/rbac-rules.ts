import type { GroupKind } from "../../agent/model/object.ts";
import { kindId } from "../../agent/model/object.ts";
import { type Rule, rulesOf } from "../../agent/model/rule.ts";
import { ownRules } from "../../agent/plan/own-rights.ts";
import { missing, type Need, needsOf } from "../../agent/plan/rights.ts";
import type { PluralOf } from "./plurals.ts";
import type { RenderedUnit } from "./render-fleet.ts";

/** What one app needs on one cluster. */
export interface AppRules {
  readonly app: string;
  readonly rules: readonly Rule[];
  /** `escalate` and `bind`, which only a person adds: its RBAC objects hand out more than the agent has. */
  readonly grants: readonly Rule[];
}

export interface ClusterRules {
  readonly cluster: string;
  readonly apps: readonly AppRules[];
  /** Namespaces in which rules hold. */
  readonly namespaces: readonly string[];
  /** Of these, what an app itself declares: by whom. */
  readonly declared: ReadonlyMap<string, string>;
  /** Kinds whose plural is a guess. */
  readonly guessed: readonly string[];
  /** All of them as one list, each right once. */
  readonly rules: readonly Rule[];
  readonly needs: readonly Need[];
}

export interface RulesWish {
  readonly cluster: string;
  /** The agent's own. */
  readonly namespace: string;
  readonly rendered: readonly RenderedUnit[];
  readonly pluralOf: PluralOf;
  /** Secrets are read one by one instead of watched (security §8). */
  readonly secretsByName: boolean;
}

/** The rules of all units of one cluster, app by app: exactly what the agent uses. */
export function rulesOfCluster(wish: RulesWish): ClusterRules {
  const guessed = new Set<string>();
  const pluralOf = (kind: GroupKind): string => {
    const { plural, isGuess } = wish.pluralOf(kind);
    if (isGuess) guessed.add(kindId(kind));
    return plural;
  };
  const needy = wish.rendered.map(({ unit, desired, hooks }) => ({
    app: unit.app,
    needs: needsOf([...desired, ...hooks], { unit, pluralOf }).filter((need) =>
      isWanted(need, wish),
    ),
  }));
  const needs = needy.flatMap((one) => one.needs);
  const plain = rulesOf(needs.filter(({ use }) => use !== "grant").map(({ right }) => right));
  const have = [...plain, ...ownRules(wish.namespace)];
  return {
    cluster: wish.cluster,
    apps: needy.map(({ app, needs: own }) => ({
      app,
      rules: rulesOf(own.filter(({ use }) => use !== "grant").map(({ right }) => right)),
      grants: rulesOf(
        missing(
          own.filter(({ use }) => use === "grant"),
          have,
        ).map(({ right }) => right),
      ),
    })),
    namespaces: [...new Set(plain.flatMap(({ namespace }) => namespace ?? []))].sort(),
    declared: declaredNamespaces(wish.rendered),
    guessed: [...guessed].sort(),
    rules: plain,
    needs,
  };
}

/** Secrets may be read one by one instead of watched. */
export function isWanted(
  { right, use }: Need,
  { secretsByName }: Pick<RulesWish, "secretsByName">,
): boolean {
  const isSecret = right.group === "" && right.resource === "secrets";
  return !(secretsByName && isSecret && use === "watch");
}

function declaredNamespaces(rendered: readonly RenderedUnit[]): ReadonlyMap<string, string> {
  return new Map(
    rendered.flatMap(({ unit, desired }) =>
      desired
        .filter(({ ref }) => ref.group === "" && ref.kind === "Namespace")
        .map(({ ref }): [string, string] => [ref.name, unit.app]),
    ),
  );
}
