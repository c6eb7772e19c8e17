import type { Desired } from "../model/change.ts";
import { type HookPhase, hookOf, waveOf } from "../model/hook.ts";
import { isJsonObject } from "../model/json.ts";

/** One step of a change: all of it is healthy, or ended, before the next one begins (O-10, O-15). */
export interface Step {
  readonly phase: "pre" | "main" | "post";
  readonly wave: number;
  /** In `pre` and `post` only what a hook there needs (O-12). */
  readonly objects: readonly Desired[];
  readonly hooks: readonly Desired[];
}

const phases = ["pre", "main", "post"] as const;

/** Phase, then wave, as one number. */
type Place = number;
const span = 4e9;

function place(phase: Step["phase"], wave: number): Place {
  return phases.indexOf(phase) * span + wave;
}

export interface Declared {
  readonly desired: readonly Desired[];
  readonly hooks: readonly Desired[];
}

/** In which order a change goes out: pre hooks, waves ascending, post hooks. One step for an app without either. */
export function stepsOf(declared: Declared): readonly Step[] {
  const placeOf = placesOf(declared);
  const objects = Map.groupBy(declared.desired, placeOf);
  const hooks = new Map<Place, Desired[]>();
  for (const hook of declared.hooks) {
    for (const at of hookPlaces(hook)) hooks.set(at, [...(hooks.get(at) ?? []), hook]);
  }
  const places = [...new Set([...objects.keys(), ...hooks.keys()])].sort((a, b) => a - b);
  return places.map((at) => ({
    ...stepAt(at),
    objects: objects.get(at) ?? [],
    hooks: hooks.get(at) ?? [],
  }));
}

function stepAt(at: Place): Pick<Step, "phase" | "wave"> {
  const index = Math.round(at / span);
  return { phase: phases[index] ?? "main", wave: at - index * span };
}

/** For people. */
export function stepName({ phase, wave }: Pick<Step, "phase" | "wave">): string {
  return phase === "main" ? `wave ${wave}` : `${phase} hooks`;
}

/** Where each object goes out; a Namespace or CRD moves to the first that needs it (O-12). */
export function placesOf({ desired, hooks }: Declared): (desired: Desired) => Place {
  const own = (one: Desired): Place => place("main", waveOf(one.object));
  const moved = new Map<string, Place>();
  const definitions = desired.filter(isDefinition);
  if (definitions.length === 0) return own;
  const namespaces = new Map<string, Place>();
  const kinds = new Map<string, Place>();
  const note = ({ ref }: Desired, at: Place): void => {
    lower(namespaces, ref.namespace, at);
    lower(kinds, `${ref.group}/${ref.kind}`, at);
  };
  for (const one of desired) note(one, own(one));
  for (const hook of hooks) for (const at of hookPlaces(hook)) note(hook, at);
  for (const one of definitions) {
    const needed = isNamespace(one) ? namespaces.get(one.ref.name) : kinds.get(definedKind(one));
    moved.set(one.id, Math.min(own(one), needed ?? own(one)));
  }
  return (one) => moved.get(one.id) ?? own(one);
}

function lower(map: Map<string, Place>, key: string, at: Place): void {
  map.set(key, Math.min(map.get(key) ?? at, at));
}

/** Not of failure hooks: they may never run. */
function hookPlaces({ object }: Desired): readonly Place[] {
  const wave = waveOf(object);
  const all = hookOf(object)?.phases ?? [];
  return all.flatMap((phase) => (phase === "failure" ? [] : [place(phase, wave)]));
}

/** Hooks of one phase, wave by wave. */
export function hookWaves(
  hooks: readonly Desired[],
  phase: HookPhase,
): readonly (readonly Desired[])[] {
  const own = hooks.filter(({ object }) => hookOf(object)?.phases.includes(phase));
  const waves = Map.groupBy(own, ({ object }) => waveOf(object));
  return [...waves.keys()].sort((a, b) => a - b).map((wave) => waves.get(wave) ?? []);
}

function isDefinition(one: Desired): boolean {
  const { group, kind } = one.ref;
  return (
    isNamespace(one) || (kind === "CustomResourceDefinition" && group === "apiextensions.k8s.io")
  );
}

function isNamespace({ ref }: Desired): boolean {
  return ref.kind === "Namespace" && ref.group === "";
}

function definedKind({ object }: Desired): string {
  const spec = object["spec"];
  if (!isJsonObject(spec) || !isJsonObject(spec["names"])) return "";
  return `${String(spec["group"])}/${String(spec["names"]["kind"])}`;
}
