import type { Health } from "../model/health.ts";
import type { KubeObject } from "../model/object.ts";
import type { Parsed } from "../model/problem.ts";
import type { HealthRule } from "../model/unit.ts";

/** Compiled `health.rules` of one app. */
export interface HealthRules {
  /** Undefined when no rule names the object's kind. */
  assess(object: KubeObject): Health | undefined;
}

/** Parses and type-checks every expression; all problems at once (semantics §5.3). */
export function compileHealthRules(_rules: readonly HealthRule[]): Parsed<HealthRules> {
  return { ok: true, value: { assess: () => undefined } };
}
