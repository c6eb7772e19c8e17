import type { Desired } from "../model/change.ts";
import type { Problem } from "../model/problem.ts";
import { dependencyFaults, layersOf } from "../plan/depends-on.ts";
import { type Stage, stagesOf } from "../plan/order.ts";
import { placesOf, type Step, stepsOf } from "../plan/steps.ts";
import type { Manifests } from "../rendering/manifests.ts";

export interface OrderedStep extends Step {
  /** Objects after what they name (O-21). */
  readonly layers: readonly (readonly Desired[])[];
}

export interface ChangeOrder {
  readonly steps: readonly OrderedStep[];
  /** O-22: what is wrong with dependencies, by id; all that is not involved goes on. */
  readonly invalid: ReadonlyMap<string, Problem>;
}

const known = new WeakMap<Manifests, ChangeOrder>();

/** A function of the render alone, so it is worked out once for it and not in every pass. */
export function orderOf(manifests: Manifests): ChangeOrder {
  const order = known.get(manifests) ?? workOut(manifests);
  known.set(manifests, order);
  return order;
}

function workOut(manifests: Manifests): ChangeOrder {
  const { desired } = manifests;
  const faults = dependencyFaults(desired, placesOf(manifests));
  const invalid = desired.flatMap(({ id, ref, file, line }) => {
    const message = faults.get(id);
    if (message === undefined) return [];
    return [[id, { reason: "ObjectInvalid", message, ref, file, line } as const] as const];
  });
  const steps = stepsOf(manifests).map((step) => ({ ...step, layers: layersOf(step.objects) }));
  return { steps, invalid: new Map(invalid) };
}

const sorted = new WeakMap<readonly Desired[], readonly Stage[]>();

/** The same of a layer, which is the same list in every pass. */
export function stagesIn(layer: readonly Desired[]): readonly Stage[] {
  const stages = sorted.get(layer) ?? stagesOf(layer);
  sorted.set(layer, stages);
  return stages;
}
