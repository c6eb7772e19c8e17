import type { Health, HealthStatus } from "../model/health.ts";
import { assessCondition, worst } from "./conditions.ts";
import { assessWord } from "./general.ts";
import {
  at,
  conditionIs,
  conditionOf,
  healthy,
  type KindRule,
  progressing,
  suspended,
  textAt,
} from "./read.ts";

/** Rules of kinds, by `group/Kind`; `*` stands for every kind, `*.` for every subgroup. */
export type RuleTable = Readonly<Record<string, KindRule>>;

/** The first rule that has an opinion. */
export function firstOf(...rules: readonly KindRule[]): KindRule {
  return (object) => {
    for (const rule of rules) {
      const found = rule(object);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** One word sums the object up; words that the table leaves out mean what they say. No word: no opinion. */
export function wordAt(
  path: readonly string[],
  table: Readonly<Record<string, HealthStatus>> = {},
): KindRule {
  return (object) => {
    const word = textAt(object, ...path);
    if (word === "") return undefined;
    const status = table[word];
    const message = textAt(object, "status", "message") || word;
    if (status !== undefined) return { status, message };
    return assessWord(word) ?? progressing(message);
  };
}

/** The same for a field with a closed list of words; no other can be judged. */
export function closedWordAt(
  path: readonly string[],
  table: Readonly<Record<string, HealthStatus>>,
): KindRule {
  return (object) => {
    const word = textAt(object, ...path);
    return word === "" ? undefined : { status: table[word] ?? "Unknown", message: word };
  };
}

/** All of these conditions have to be True; one that is absent is still to come. */
export function needs(...types: readonly string[]): KindRule {
  return (object) =>
    worst(
      types.map((type) => {
        const found = conditionOf(object, type);
        return found === undefined
          ? progressing(`no condition ${type} yet`)
          : assessCondition(found);
      }),
    );
}

/** The same, where False never means broken: its operator only waits. */
export function waitsFor(type: string): KindRule {
  return (object) => {
    const found = conditionOf(object, type);
    if (found === undefined) return progressing(`no condition ${type} yet`);
    return found.status === "True" ? healthy(found.message) : progressing(found.message || type);
  };
}

/** A condition that is True gives this verdict. */
export function whenTrue(type: string, verdict: (message: string) => Health): KindRule {
  return (object) => {
    const found = conditionIs(object, type, "True");
    return found && verdict(found.message || found.reason || type);
  };
}

/** An annotation stops its controller. */
export function pausedBy(annotation: string, value: string): KindRule {
  return (object) =>
    textAt(object, "metadata", "annotations", annotation) === value
      ? suspended(`${annotation}: ${value}`)
      : undefined;
}

/** A flag in the spec stops its controller. */
export function pausedAt(...path: readonly string[]): KindRule {
  return (object) => (at(object, ...path) === true ? suspended(path.join(".")) : undefined);
}

/** Nobody reports on it. */
export function configuration(): Health {
  return healthy();
}
