import type { Desired } from "../model/change.ts";
import type { KubeObject } from "../model/object.ts";
import type { IgnoreRule, Unit } from "../model/unit.ts";
import { autoscaleRules } from "./autoscaled.ts";
import { unstableRule } from "./ignore.ts";

/** Every rule by which a field of this object is left to somebody else: written by people, by its render, by an autoscaler. */
export function rulesOf(
  desired: Desired,
  live: KubeObject,
  { unit, declared }: { readonly unit: Unit; readonly declared: readonly Desired[] },
): readonly IgnoreRule[] {
  const scaled = autoscaleRules(desired, live, declared);
  return [...unit.drift.ignore, ...unstableRule(desired), ...scaled];
}
