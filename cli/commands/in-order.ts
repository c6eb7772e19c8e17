import type { Desired } from "../../agent/model/change.ts";
import { hookOf, waveOf } from "../../agent/model/hook.ts";
import { hookWaves, stepsOf } from "../../agent/plan/steps.ts";

interface Declared {
  readonly desired: readonly Desired[];
  readonly hooks: readonly Desired[];
}

/** Everything as it goes out: pre hooks, waves, post hooks; last what runs only when a change fails (O-10). */
export function inOrder(declared: Declared): readonly Desired[] {
  const steps = stepsOf(declared).flatMap(({ objects, hooks }) => [...objects, ...hooks]);
  return [...new Set([...steps, ...hookWaves(declared.hooks, "failure").flat()])];
}

/** `pre hook`, `wave 2`; nothing for what goes out with most. */
export function orderNote({ object }: Desired): { readonly note?: string } {
  const hook = hookOf(object);
  const wave = waveOf(object);
  if (hook !== undefined) return { note: `${hook.phases.join(" and ")} hook` };
  return wave === 0 ? {} : { note: `wave ${wave}` };
}
